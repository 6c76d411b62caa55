"""Find the documents that answer a question, with the local model: no key, no network.

python examples/semantic_search.py "How do I boil an egg?"
"""

import sys

from any_llm import embedding

MODEL = "all-MiniLM-L6-v2"
DOCUMENTS = [
    "Put the egg into boiling water and wait seven minutes.",
    "The bank raised interest rates for the third time.",
    "Cats sleep for most of the day.",
    "A bicycle chain should be cleaned and oiled once a month.",
    "Bread rises because yeast makes gas.",
]


def main() -> None:
    question = " ".join(sys.argv[1:]) or "How do I boil an egg?"
    # In a program, store these vectors: numpy.save, or a vector database.
    stored = embedding(MODEL, DOCUMENTS, provider="local", input_type="document").to_numpy()
    asked = embedding(MODEL, question, provider="local", input_type="query").to_numpy()[0]

    scores = stored @ asked  # unit length: the product is the cosine
    for position in scores.argsort()[::-1][:3]:
        print(f"{scores[position]:.2f}  {DOCUMENTS[position]}")


if __name__ == "__main__":
    main()
