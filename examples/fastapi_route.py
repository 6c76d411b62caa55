"""A route that embeds: `fastapi dev examples/fastapi_route.py`, then POST /embeddings {"inputs": ["Hello"]}.

EMBEDDING_MODEL names the model as "provider:model"; without it the local one embeds.
To run it: pip install "fastapi[standard]"
"""

import os

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from any_llm import AnyLLMError, CreateEmbeddingResponse, InvalidRequestError, RateLimitError, aembedding

app = FastAPI()
MODEL = os.environ.get("EMBEDDING_MODEL", "local:all-MiniLM-L6-v2")


class Question(BaseModel):
    inputs: list[str]


@app.post("/embeddings")
async def embeddings(question: Question) -> CreateEmbeddingResponse:
    try:
        return await aembedding(MODEL, question.inputs, deadline=30)
    except InvalidRequestError as error:
        raise HTTPException(422, {"message": str(error), "index": error.index}) from error
    except RateLimitError as error:
        raise HTTPException(429, str(error), {"Retry-After": error.retry_after or "1"}) from error
    except AnyLLMError as error:
        raise HTTPException(502, str(error)) from error
