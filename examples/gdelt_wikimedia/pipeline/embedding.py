"""What a text is about, as a direction in 384 dimensions: each word counts in the one that its hash gives.

The more words two texts share, the smaller is the angle between them. A model such as Sentence-BERT, which has as many
dimensions, knows synonyms, too: write dependencies = ["sentence-transformers"] into ldp.toml, and here

    MODEL = SentenceTransformer("all-MiniLM-L6-v2")

    def embedding(text):
        return MODEL.encode(text or "", normalize_embeddings=True).tolist()
"""

import math
import re
import zlib

SIZE = 384
WITHOUT_MEANING = {"the", "of", "a", "in", "and", "after", "second"}


def embedding(text):
    """A vector of length 1; of a text without words all zeros."""
    numbers = [0.0] * SIZE
    for word in re.findall(r"[a-z]+", (text or "").lower()):
        if word not in WITHOUT_MEANING:
            numbers[zlib.crc32(word.encode()) % SIZE] += 1.0
    length = math.sqrt(sum(x * x for x in numbers)) or 1.0
    return [x / length for x in numbers]
