"""The names of the providers, and how a model string carries one."""

from __future__ import annotations

import warnings
from enum import StrEnum

from any_llm.exceptions import InvalidModelError, UnsupportedProviderError


class LLMProvider(StrEnum):
    """Every provider in the table, those without embeddings too; a registered one resolves by value.

    LLMProvider("mine") is then a member as the others are: a str, one object a name, and pickled by its name. It is no
    attribute of the class, and no step of an iteration, which goes over the table: AnyLLM.get_supported_providers()
    and AnyLLM.get_all_provider_metadata() list them all.
    """

    # rendered: providers
    AI21 = "ai21"
    AIHUBMIX = "aihubmix"
    AIMLAPI = "aimlapi"
    ANTHROPIC = "anthropic"
    ATLASCLOUD = "atlascloud"
    AZURE = "azure"
    AZUREANTHROPIC = "azureanthropic"
    AZUREOPENAI = "azureopenai"
    BAICHUAN = "baichuan"
    BASETEN = "baseten"
    BEDROCK = "bedrock"
    BERGET = "berget"
    CASCADIA = "cascadia"
    CEREBRAS = "cerebras"
    CHUTES = "chutes"
    CLOUDFLARE = "cloudflare"
    CLOVA = "clova"
    COHERE = "cohere"
    COMETAPI = "cometapi"
    DASHSCOPE = "dashscope"
    DATABRICKS = "databricks"
    DEEPINFRA = "deepinfra"
    DEEPSEEK = "deepseek"
    DIGITALOCEAN = "digitalocean"
    DOCKER_MODEL_RUNNER = "docker_model_runner"
    DOUBLEWORD = "doubleword"
    EDENAI = "edenai"
    EVROC = "evroc"
    FAKE = "fake"
    FASTEMBED = "fastembed"
    FEATHERLESS = "featherless"
    FIREWORKS = "fireworks"
    GEMINI = "gemini"
    GIGACHAT = "gigachat"
    GITHUB = "github"
    GMI = "gmi"
    GPUSTACK = "gpustack"
    GREENPT = "greenpt"
    GROQ = "groq"
    HEROKU = "heroku"
    HOSTINGER_ROUTER = "hostinger_router"
    HUAWEICLOUD_MAAS = "huaweicloud_maas"
    HUGGINGFACE = "huggingface"
    HYPERBOLIC = "hyperbolic"
    INCEPTION = "inception"
    INFERENCE_NET = "inference_net"
    INFINITY = "infinity"
    IO_NET = "io_net"
    IONOS = "ionos"
    ISAACUS = "isaacus"
    JIEKOU = "jiekou"
    JINA = "jina"
    KENARI = "kenari"
    LEMONADE = "lemonade"
    LIBERTAI = "libertai"
    LINER = "liner"
    LITELLM_PROXY = "litellm_proxy"
    LLAMA = "llama"
    LLAMACPP = "llamacpp"
    LLAMAFILE = "llamafile"
    LLAMAGATE = "llamagate"
    LMSTUDIO = "lmstudio"
    LOCAL = "local"
    LOCALAI = "localai"
    META = "meta"
    MINIMAX = "minimax"
    MISTRAL = "mistral"
    MIXEDBREAD = "mixedbread"
    MOARK = "moark"
    MODEL2VEC = "model2vec"
    MOONSHOT = "moonshot"
    MORPH = "morph"
    MZAI = "mzai"
    NANOGPT = "nanogpt"
    NEARAI = "nearai"
    NEBIUS = "nebius"
    NEOSANTARA = "neosantara"
    NOMIC = "nomic"
    NOVITA = "novita"
    NVIDIA_NIM = "nvidia_nim"
    OLLAMA = "ollama"
    OPENAI = "openai"
    OPENROUTER = "openrouter"
    OPENVINO = "openvino"
    OTARI = "otari"
    OVHCLOUD = "ovhcloud"
    PERPLEXITY = "perplexity"
    POE = "poe"
    PORTKEY = "portkey"
    PPIO = "ppio"
    PRIVATEMODE = "privatemode"
    QIANFAN = "qianfan"
    QINIU = "qiniu"
    RAMALAMA = "ramalama"
    REGOLO = "regolo"
    REPLICATE = "replicate"
    REQUESTY = "requesty"
    SAGEMAKER = "sagemaker"
    SAMBANOVA = "sambanova"
    SCALEWAY = "scaleway"
    SENTENCE_TRANSFORMERS = "sentence_transformers"
    SGLANG = "sglang"
    SILICONFLOW = "siliconflow"
    SNOWFLAKE = "snowflake"
    STACKIT = "stackit"
    STEPFUN = "stepfun"
    TEI = "tei"
    TELNYX = "telnyx"
    TENCENT = "tencent"
    TINFOIL = "tinfoil"
    TOGETHER = "together"
    TYPESAFE = "typesafe"
    UPSTAGE = "upstage"
    VENICE = "venice"
    VERCEL_AI_GATEWAY = "vercel_ai_gateway"
    VERTEXAI = "vertexai"
    VERTEXAIANTHROPIC = "vertexaianthropic"
    VLLM = "vllm"
    VOLCENGINE = "volcengine"
    VOYAGE = "voyage"
    WATSONX = "watsonx"
    XAI = "xai"
    XINFERENCE = "xinference"
    YANDEX = "yandex"
    ZAI = "zai"
    ZHIPU = "zhipu"
    # rendered: end

    @classmethod
    def _missing_(cls, value: object) -> LLMProvider | None:
        """Resolve a name that is registered, or that an installed package brings."""
        from any_llm.registry import REGISTRY  # noqa: PLC0415  # it stands on this file

        row = REGISTRY.find(value) if isinstance(value, str) else None
        return None if row is None else _member(row.name)

    @classmethod
    def from_string(cls, value: str | LLMProvider) -> LLMProvider:
        """Resolve a name in any case. Raises UnsupportedProviderError with near names."""
        if isinstance(value, cls):
            return value
        try:
            return cls(str(value).strip().lower())
        except ValueError:
            from any_llm.registry import supported  # noqa: PLC0415  # it stands on this file

            raise UnsupportedProviderError(str(value), supported()) from None


_members: dict[str, LLMProvider] = {}


def _member(name: str) -> LLMProvider:
    """Make a registered provider's member, one object a name."""
    made = str.__new__(LLMProvider, name)
    made._name_, made._value_ = name.upper().replace("-", "_"), name
    return _members.setdefault(name, made)


def split_model_provider(model: str, *, stacklevel: int = 3) -> tuple[LLMProvider, str]:
    """Split "provider:model" (or the deprecated "provider/model") at the first of the two marks."""
    if not isinstance(model, str):
        raise InvalidModelError(f"model must be a str, not {type(model).__name__}.")
    colon, slash = model.find(":"), model.find("/")
    mark = ":" if colon != -1 and (slash == -1 or colon < slash) else "/"
    provider, _, name = model.partition(mark)
    if not provider or not name:
        raise InvalidModelError(f"{model!r} names no provider: write 'provider:model', or pass provider=.")
    resolved = LLMProvider.from_string(provider)
    if mark == "/":
        message = f"'provider/model' is deprecated: write {provider}:{name!s}, or pass provider={provider!r}."
        warnings.warn(message, DeprecationWarning, stacklevel=stacklevel)
    return resolved, name
