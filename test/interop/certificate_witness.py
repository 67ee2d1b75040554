"""A witness of its own: recomputes what a certificate says of a product, with numpy and none of Tessera's code.

Usage: certificate_witness.py CERTIFICATE C.npy; prints JSON.
"""
import hashlib
import json
import sys

import numpy as np

M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
LOW, HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def philox(blocks, seed, word2, word3):
    """Philox4x32-10 (Salmon et al., SC'11): four words for each block number."""
    x = [blocks & LOW, blocks >> HALF] + [np.full_like(blocks, word) for word in (word2, word3)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = x[0] * M0, x[2] * M1
        x = [(b >> HALF) ^ x[1] ^ np.uint64(key[0]), b & LOW, (a >> HALF) ^ x[3] ^ np.uint64(key[1]), a & LOW]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return x


def fraction(high, low):
    """53 bits as a multiple of 2^-53."""
    return ((high >> np.uint64(5)) * np.uint64(1 << 26) + (low >> np.uint64(6))).astype(np.float64) * 2.0**-53


def uniform(recipe, shape, dtype):
    """The random operand of a recipe, reals in [0, 1)."""
    assert recipe["distribution"] == {"kind": "uniform"}
    count, per_block = shape[0] * shape[1], 2 if dtype == "float64" else 4
    words = philox(np.arange(-(-count // per_block), dtype=np.uint64), int(recipe["seed"]), 0, recipe["operand"])
    if dtype == "float64":
        pairs = [fraction(words[0], words[1]), fraction(words[2], words[3])]
        return np.stack(pairs, axis=1).ravel()[:count].reshape(shape)
    words = np.stack([word >> np.uint64(8) for word in words], axis=1).ravel()[:count]
    return (words.astype(np.float64) * 2.0**-24).astype(np.float32).reshape(shape)


def gaussians(seed, stream, count):
    """The check's vectors: two normal numbers of each block (Box and Muller)."""
    words = philox(np.arange(-(-count // 2), dtype=np.uint64), seed, 2, stream)
    radius = np.sqrt(-2 * np.log(1 - fraction(words[0], words[1])))
    angle = 2 * np.pi * fraction(words[2], words[3])
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()[:count]


def crc32c(rows):
    """CRC-32C (RFC 3720) of each row of an array of bytes, a column at a time."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0x82F63B78), table >> 1)
    crc = np.full(len(rows), 0xFFFFFFFF, dtype=np.uint32)
    for column in rows.T:
        crc = table[(crc ^ column) & 255] ^ (crc >> 8)
    return ~crc


def sha256(matrix, chunk):
    """The certificate's hash of a matrix."""
    (rows, cols), (high, wide) = matrix.shape, chunk
    down, across = -(-rows // high), -(-cols // wide)
    padded = np.zeros((down * high, across * wide), dtype=matrix.dtype.newbyteorder("<"))
    padded[:rows, :cols] = matrix
    chunks = padded.reshape(down, high, across, wide).swapaxes(1, 2).reshape(down * across, high * wide)
    checksums = crc32c(np.ascontiguousarray(chunks).view(np.uint8))
    return hashlib.sha256(checksums.astype("<u4").tobytes()).hexdigest()


certificate = json.load(open(sys.argv[1]))
found = {"C": np.load(sys.argv[2])}
said = {"C": certificate["C"], **certificate["operands"]}
for name, operand in certificate["operands"].items():
    found[name] = uniform(operand["recipe"], operand["shape"], operand["dtype"])
hashes = {name: sha256(matrix, said[name]["hash"]["chunk"]) == said[name]["hash"]["sha256"] for name, matrix in found.items()}

exact = {name: matrix.astype(np.float64) for name, matrix in found.items()}
a, b = (exact[name].T if said[name].get("transposed") else exact[name] for name in "AB")
own = np.random.default_rng(1).standard_normal((b.shape[1], 3))
vectors = certificate["verification"]["vectors"]
theirs = np.stack([gaussians(int(vectors["seed"]), at, b.shape[1]) for at in range(certificate["verification"]["rounds"])], 1)
off = lambda r: float(np.abs(exact["C"] @ r - certificate.get("alpha", 1) * (a @ (b @ r))).max())
checks = [check for check in certificate["verification"]["checks"] if "residual" in check]
print(
    json.dumps(
        {
            "hashes": hashes,
            "ownResidual": off(own),
            "theirResidual": off(theirs),
            "certifiedResidual": max(check["residual"] for check in checks),
            "tolerance": max(check["tolerance"] for check in checks),
            # Within five standard errors: each job has vectors of its own, and no job in a million may fail here.
            "vectorsAreNormal": bool(
                abs(theirs.mean()) < 5 / theirs.size**0.5 and abs(theirs.std() - 1) < 5 / (2 * theirs.size) ** 0.5
            ),
        }
    )
)
