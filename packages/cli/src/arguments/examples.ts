/** Shown below the help; one for each thing that people come for. */
export const EXAMPLES = `
Examples:
  tessera add 1000x1000                           two random matrices, their sum verified
  tessera multiply 2000x1500 1500x1000 --seed 7   the same matrices every time
  tessera multiply A.npy B.csv --out C.csv        files in, file out
  tessera multiply A.npy B.npy --transpose-a --alpha 2 --add C0.npy
                                                  C = 2·AᵀB + C0
  tessera gram A.npy                              AᵀA of a file
  tessera add A.npy 100x100 --integers 0..9       a file and a random matrix
  tessera check C.npy                             is C.npy still what was verified, and right?
  tessera up --workers 4                          keep a fleet for many jobs (down ends it)
  tessera multiply A.npy B.npy --cloud aws        the same on EC2, with your AWS credentials

Started through pnpm: pnpm --filter cli start add 1000x1000
`;
