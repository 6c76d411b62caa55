"""The same texts through several models: what changes is a name.

python examples/switch_provider.py                                   (made-up vectors, no network)
python examples/switch_provider.py local:all-MiniLM-L6-v2 openai:text-embedding-3-small
"""

import sys

from any_llm import AnyLLMError, embedding

TEXTS = ["A cat sits on the mat.", "A kitten rests on a rug.", "The stock market fell today."]


def main() -> int:
    failed = 0
    for model in sys.argv[1:] or ["fake:one-model", "fake:another-model"]:
        try:
            result = embedding(model, TEXTS, normalize=True)
        except AnyLLMError as error:
            failed = 1
            print(f"{model}: {error}", file=sys.stderr)
            continue
        vectors = result.to_numpy()
        print(f"{model}: {vectors.shape[1]} wide, {result.usage.total_tokens} tokens ({result.usage.source})")
        print(f"  cat and kitten {vectors[0] @ vectors[1]:+.2f}, cat and market {vectors[0] @ vectors[2]:+.2f}")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
