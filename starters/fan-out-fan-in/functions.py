"""The functions that the tasks call."""

from collections import Counter


def split(event, context):
    """Cut the text into so many parts, between words."""
    words = event["text"].split()
    size = max(1, -(-len(words) // event["parts"]))
    return {"parts": [" ".join(words[start : start + size]) for start in range(0, len(words), size)]}


def count_words(event, context):
    return {"part": event["part"], "words": dict(Counter(word.strip(".,;").lower() for word in event["text"].split()))}


def merge(event, context):
    """Add the counts of all parts, the most frequent words first."""
    total = Counter()
    for part in event:
        total.update(part["words"])
    return {"parts": len(event), "words": dict(total.most_common(5))}
