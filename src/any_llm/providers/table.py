"""Every provider, sorted by name. To add one: docs/adding-a-provider.md."""

from __future__ import annotations

from any_llm.exceptions import InvalidModelError
from any_llm.providers.row import ROLES, Kind, Limits, Names, Row

_OPENAI_ALIASES = {"base_url": "api_base"}
_WIDTH = Names(dimensions="dimensions")
_QUANTISED = {name: name for name in ("int8", "uint8", "binary", "ubinary")}
"""Kinds of number, where a provider calls them as we do."""
_COHERE_ROLES = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}
_AWS_CREDENTIALS = (
    *("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "profile_name", "botocore_session"),
)

_IN_PROCESS = Limits(items=128, tokens=8192)
_OWN_PROMPTS = Names(
    input_type="input_type",
    roles={role: role for role in ROLES},
    policies={"truncate": "truncate"},
    refuses_overflow=True,
)

# fmt: off
_TABLE = (
    Row(
        name="aihubmix", title="AIHubMix", kind="gateway", source="https://docs.aihubmix.com", read="2026-11-22",
        api_base="https://aihubmix.com/v1", base_env=("AIHUBMIX_API_BASE",), key_env=("AIHUBMIX_API_KEY",),
        names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="aimlapi", title="AI/ML API", kind="gateway", source="https://docs.aimlapi.com", read="2026-11-22",
        api_base="https://api.aimlapi.com/v1", base_env=("AIML_API_BASE", "AIMLAPI_API_URL"),
        key_env=("AIML_API_KEY", "AIMLAPI_KEY"),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="azure", title="Azure AI Foundry", kind="cloud",
        source="https://learn.microsoft.com/en-us/rest/api/aifoundry/model-inference/get-embeddings/get-embeddings", read="2026-11-22",
        adapter="any_llm.providers.azure", base_env=("AZURE_AI_CHAT_ENDPOINT",), key_env=("AZURE_API_KEY",), key_required=False,
        auth=("api-key", ""), extra="azure",
        names=Names(
            dimensions="dimensions", dtype="encoding_format", dtypes=_QUANTISED,
            input_type="input_type", roles={"query": "query", "document": "document"},
        ),
        token_options=("azure_ad_token", "azure_ad_token_provider"), credentials=("credential",),
        client_options=("api_version", "credential_scopes"),
        client_aliases={"endpoint": "api_base"},
        instead={"model_extras": "pass its fields by name, or extra_body=."},
    ),
    Row(
        name="azureopenai", title="Azure OpenAI", kind="cloud",
        source="https://learn.microsoft.com/en-us/azure/foundry/reference/rest/embeddings-create-embedding", read="2026-11-22",
        adapter="any_llm.providers.azureopenai", base_env=("AZURE_OPENAI_ENDPOINT",), key_env=("AZURE_OPENAI_API_KEY",),
        key_required=False, auth=("api-key", ""), extra="azure", base64=True,
        limits=Limits(items=2048, tokens=300_000, input_tokens=8192),
        names=Names(dimensions="dimensions", refuses_overflow=True),
        one_space=("text-embedding-",),
        token_options=("azure_ad_token", "azure_ad_token_provider"), token_env=("AZURE_OPENAI_AD_TOKEN",),
        credentials=("credential",), client_options=("api_version", "azure_deployment", "credential_scopes"),
        client_aliases={"azure_endpoint": "api_base", "base_url": "api_base"}, lists_models=True,
        refuses_texts="empty",  # the source above
    ),
    Row(
        name="baichuan", title="Baichuan", kind="cloud",
        source="https://platform.baichuan-ai.com/docs/text-Embedding", read="2026-11-22",
        api_base="https://api.baichuan-ai.com/v1", key_env=("BAICHUAN_API_KEY",),
        limits=Limits(items=16, input_tokens=512), client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="baseten", title="Baseten", kind="cloud",
        source="https://docs.baseten.co/examples/models/embedding/qwen3-embedding", read="2026-11-22",
        api_base="https://model-{model_id}.api.baseten.co/environments/production/sync/v1",
        variables={"model_id": "BASETEN_MODEL_ID"}, base_env=("BASETEN_API_BASE",), key_env=("BASETEN_API_KEY",),
        base64=True, client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="bedrock", title="Amazon Bedrock", kind="cloud",
        source="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html", read="2026-11-22",
        adapter="any_llm.providers.bedrock", api_base="https://bedrock-runtime.{region_name}.amazonaws.com",
        variables={"region_name": "AWS_REGION"}, client_env={"region_name": "AWS_DEFAULT_REGION"}, found=("region_name",),
        base_env=("AWS_ENDPOINT_URL_BEDROCK_RUNTIME",), key_env=("AWS_BEARER_TOKEN_BEDROCK",), key_required=False,
        extra="aws", limits=Limits(items=1, input_tokens=8192),
        names=Names(dimensions="dimensions", refuses_overflow=True),
        credentials=_AWS_CREDENTIALS, client_options=("base_model",),
        client_aliases={"endpoint_url": "api_base"},
    ),
    Row(
        name="berget", title="Berget AI", kind="cloud",
        source="https://github.com/berget-ai/n8n-plugins/tree/main/n8n-nodes-berget-ai-embeddings", read="2026-11-22",
        api_base="https://api.berget.ai/v1", key_env=("BERGET_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="cloudflare", title="Cloudflare Workers AI", kind="cloud",
        source="https://developers.cloudflare.com/workers-ai/models/bge-m3/", read="2026-11-22",
        adapter="any_llm.providers.cloudflare", api_base="https://api.cloudflare.com/client/v4",
        base_env=("CLOUDFLARE_BASE_URL",), key_env=("CLOUDFLARE_API_TOKEN",),
        limits=Limits(items=100),
        client_options=("account_id",), client_env={"account_id": "CLOUDFLARE_ACCOUNT_ID"},
        token_options=("api_token",), client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="clova", title="Naver CLOVA Studio", kind="cloud",
        source="https://api.ncloud-docs.com/docs/en/clovastudio-openaicompatibility", read="2026-11-22",
        api_base="https://clovastudio.stream.ntruss.com/v1/openai", base_env=("NCP_CLOVASTUDIO_API_BASE_URL",),
        key_env=("CLOVASTUDIO_API_KEY", "NCP_CLOVASTUDIO_API_KEY"),
        limits=Limits(items=1, input_tokens=8192), client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="cohere", title="Cohere", kind="cloud", source="https://docs.cohere.com/reference/embed", read="2026-11-22",
        adapter="any_llm.providers.cohere", api_base="https://api.cohere.com", path="/v2/embed",
        base_env=("COHERE_BASE_URL", "CO_API_URL"), key_env=("COHERE_API_KEY", "CO_API_KEY"),
        limits=Limits(items=96), counts_inputs=True,  # https://docs.cohere.com/docs/rate-limits
        names=Names(
            dimensions="output_dimension", dtype="embedding_types", dtypes={name: [name] for name in _QUANTISED},
            input_type="input_type", roles=_COHERE_ROLES, default_role="search_document",
            overflow="truncate", policies={"error": "NONE", "truncate": "END"},
        ),
        client_headers={"client_name": "X-Client-Name"}, client_aliases=_OPENAI_ALIASES,
        instead={"request_options": "pass timeout= or extra_headers=, or max_retries in client_args."}, lists_models=True,
    ),
    Row(
        name="cometapi", title="CometAPI", kind="gateway", source="https://api.cometapi.com/doc", read="2026-11-22",
        api_base="https://api.cometapi.com/v1", base_env=("COMETAPI_API_BASE",),
        key_env=("COMETAPI_KEY", "COMETAPI_API_KEY"), limits=Limits(items=2048),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="dashscope", title="Alibaba Model Studio (DashScope)", kind="cloud",
        source="https://www.alibabacloud.com/help/en/model-studio/text-embedding-synchronous-api", read="2026-11-22",
        adapter="any_llm.providers.dashscope", api_base="https://dashscope.aliyuncs.com/compatible-mode/v1",
        path="/api/v1/services/embeddings/text-embedding/text-embedding",
        base_env=("DASHSCOPE_API_BASE", "DASHSCOPE_HTTP_BASE_URL"), key_env=("DASHSCOPE_API_KEY", "ALIBABA_API_KEY"),
        limits=Limits(items=10, input_tokens=8192),
        names=Names(
            dimensions="dimension", input_type="text_type", roles={"query": "query", "document": "document"},
        ),
        client_headers={"workspace": "X-DashScope-WorkSpace"},
        client_aliases={"base_url": "api_base", "base_address": "api_base"}, lists_models=True,
    ),
    Row(
        name="databricks", title="Databricks", kind="cloud",
        source="https://docs.databricks.com/aws/en/machine-learning/model-serving/query-embedding-models", read="2026-11-22",
        adapter="any_llm.providers.databricks", base_env=("DATABRICKS_HOST",), bare_host=True,
        key_env=("DATABRICKS_TOKEN", "DATABRICKS_API_KEY"), limits=Limits(items=150),
        token_options=("token",), client_aliases={"base_url": "api_base", "host": "api_base"},
    ),
    Row(
        name="deepinfra", title="DeepInfra", kind="cloud",
        source="https://docs.deepinfra.com/api-reference/openai-embeddings-1", read="2026-11-22",
        api_base="https://api.deepinfra.com/v1/openai", base_env=("DEEPINFRA_API_BASE",),
        key_env=("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN", "DEEPINFRA_API_TOKEN"), limits=Limits(items=1024),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="digitalocean", title="DigitalOcean Serverless Inference", kind="cloud",
        source="https://docs.digitalocean.com/products/gradient-ai-platform/", read="2026-11-22",
        api_base="https://inference.do-ai.run/v1",
        key_env=("MODEL_ACCESS_KEY", "GRADIENT_AI_API_KEY", "DIGITALOCEAN_ACCESS_TOKEN"),
        limits=Limits(items=2048), base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="docker_model_runner", title="Docker Model Runner", kind="server",
        source="https://docs.docker.com/ai/model-runner/", read="2026-11-22",
        api_base="http://localhost:12434/engines/v1", base_env=("DOCKER_MODEL_RUNNER_API_BASE",),
        key_env=("DOCKER_MODEL_RUNNER_API_KEY",), key_required=False,
        base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="doubleword", title="Doubleword", kind="cloud", source="https://docs.doubleword.ai", read="2026-11-22",
        api_base="https://api.doubleword.ai/v1", key_env=("DOUBLEWORD_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="edenai", title="Eden AI", kind="gateway",
        source="https://www.edenai.co/docs/api-reference/embeddings/create-embeddings", read="2026-11-22",
        api_base="https://api.edenai.run/v3", base_env=("EDENAI_API_BASE",), key_env=("EDENAI_API_KEY",),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="evroc", title="evroc Think", kind="cloud",
        source="https://docs.evroc.com/products/think/overview.html", read="2026-11-22",
        api_base="https://models.think.evroc.com/v1", key_env=("EVROC_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="fake", title="Fake (for tests)", kind="in-process", source="src/any_llm/providers/fake.py", read="2026-11-22",
        adapter="any_llm.providers.fake", key_required=False, any_model=True,
        names=Names(
            dimensions="dimensions", input_type="input_type", roles={role: role for role in ROLES},
            overflow="overflow", policies={"error": "error", "truncate": "truncate", "mean": "mean"},
        ),
    ),
    Row(
        name="fastembed", title="fastembed", kind="in-process",
        source="https://github.com/qdrant/fastembed", read="2026-11-22",
        adapter="any_llm.local.fastembed", key_required=False, extra="fastembed",
        limits=_IN_PROCESS, names=_OWN_PROMPTS,
        client_options=("cache_dir", "threads", "providers", "cuda", "device_ids", "local_files_only", "specific_model_path"),
        lists_models=True,
    ),
    Row(
        name="featherless", title="Featherless AI", kind="cloud",
        source="https://featherless.ai/docs/embeddings", read="2026-11-22",
        api_base="https://api.featherless.ai/v1", base_env=("FEATHERLESS_API_BASE", "FEATHERLESS_AI_API_BASE"),
        key_env=("FEATHERLESS_API_KEY", "FEATHERLESS_AI_API_KEY"), client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="fireworks", title="Fireworks AI", kind="cloud",
        source="https://docs.fireworks.ai/api-reference/creates-an-embedding-vector-representing-the-input-text", read="2026-11-22",
        api_base="https://api.fireworks.ai/inference/v1", base_env=("FIREWORKS_API_BASE",),
        key_env=("FIREWORKS_API_KEY",), limits=Limits(items=2048),
        names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="gemini", title="Google Gemini", kind="cloud", source="https://ai.google.dev/api/embeddings", read="2026-11-22",
        adapter="any_llm.providers.gemini", api_base="https://generativelanguage.googleapis.com",
        base_env=("GOOGLE_GEMINI_BASE_URL",), key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"), auth=("x-goog-api-key", ""),
        limits=Limits(items=100, bytes=4_000_000, input_tokens=2048),
        counts_inputs=True,  # seen by https://github.com/garrytan/gbrain/pull/1922
        names=Names(
            dimensions="outputDimensionality", input_type="taskType",
            roles={
                "query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT", "classification": "CLASSIFICATION",
                "clustering": "CLUSTERING", "similarity": "SEMANTIC_SIMILARITY",
            },
            cuts_overflow=True, prefixed=("gemini-embedding-2",),  # https://ai.google.dev/gemini-api/docs/embeddings#task-types-embeddings-2
        ),
        client_options=("api_version",), client_aliases=_OPENAI_ALIASES,
        instead={
            "config": "pass its fields by the API's names, taskType=... or outputDimensionality=..., or use input_type= and dimensions=.",
        }, lists_models=True,
        refuses_texts="empty",  # https://github.com/lingfengQAQ/webnovel-writer/pull/51
    ),
    Row(
        name="gigachat", title="GigaChat", kind="cloud",
        source="https://developers.sber.ru/docs/ru/gigachat/api/reference/rest/post-embeddings", read="2026-11-22",
        adapter="any_llm.providers.gigachat", api_base="https://api.giga.chat/v1", base_env=("GIGACHAT_BASE_URL",),
        key_env=("GIGACHAT_CREDENTIALS",), auth=("Authorization", "Basic "),
        token_options=("access_token",), token_env=("GIGACHAT_ACCESS_TOKEN",),
        client_options=("auth_url", "scope"), client_env={"auth_url": "GIGACHAT_AUTH_URL", "scope": "GIGACHAT_SCOPE"},
        client_aliases={"base_url": "api_base", "ca_bundle_file": "verify", "verify_ssl_certs": "verify"},
    ),
    Row(
        name="gpustack", title="GPUStack", kind="server",
        source="https://docs.gpustack.ai/latest/using-models/using-embedding-models/", read="2026-11-22",
        api_base="http://localhost/v1", base_env=("GPUSTACK_API_BASE",), key_env=("GPUSTACK_API_KEY",),
        names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="greenpt", title="GreenPT", kind="cloud", source="https://docs.greenpt.ai", read="2026-11-22",
        api_base="https://api.greenpt.ai/v1", key_env=("GREENPT_API_KEY",), limits=Limits(items=2048),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="heroku", title="Heroku Managed Inference", kind="cloud",
        source="https://devcenter.heroku.com/articles/heroku-inference-api-v1-embeddings", read="2026-11-22",
        api_base="https://us.inference.heroku.com", path="/v1/embeddings",
        base_env=("HEROKU_INFERENCE_URL", "EMBEDDING_URL", "HEROKU_API_BASE"),
        key_env=("HEROKU_INFERENCE_KEY", "EMBEDDING_KEY", "HEROKU_API_KEY"), limits=Limits(items=96), base64=True,
        names=Names(
            dtype="encoding_format", dtypes={name: name for name in ("int8", "uint8", "binary")},
            input_type="input_type", roles=_COHERE_ROLES,
        ),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="hostinger_router", title="Hostinger Router", kind="gateway",
        source="https://docs.litellm.ai/docs/providers/hostinger_router", read="2026-11-22",
        api_base="https://router.hostinger.com/v1", base_env=("HOSTINGER_ROUTER_API_BASE",),
        key_env=("HOSTINGER_ROUTER_API_KEY",), limits=Limits(items=2048),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="huaweicloud_maas", title="Huawei Cloud MaaS", kind="cloud",
        source="https://support.huaweicloud.com/usermanual-maas/usermanual_maas_0029.html", read="2026-11-22",
        api_base="https://api.modelarts-maas.com/v1", key_env=("MAAS_API_KEY",),
        limits=Limits(items=32, input_tokens=8000), base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="huggingface", title="Hugging Face Inference", kind="cloud",
        source="https://huggingface.co/docs/inference-providers/tasks/feature-extraction", read="2026-11-22",
        adapter="any_llm.providers.huggingface", api_base="https://router.huggingface.co/hf-inference",
        base_env=("HUGGINGFACE_API_BASE",), key_env=("HF_TOKEN",), limits=Limits(items=32),
        names=Names(
            input_type="prompt_name", roles={"query": "query", "document": "document"},
            overflow="truncate", policies={"error": False, "truncate": True},
        ),
        token_options=("token",), client_headers={"bill_to": "X-HF-Bill-To"},
        client_aliases={"base_url": "api_base", "headers": "default_headers"},
    ),
    Row(
        name="inference_net", title="Inference.net", kind="cloud",
        source="https://docs.inference.net/features/embeddings", read="2026-11-22",
        api_base="https://api.inference.net/v1", key_env=("INFERENCE_API_KEY",),
        base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="infinity", title="Infinity", kind="server", source="https://michaelfeil.eu/infinity/", read="2026-11-22",
        api_base="http://localhost:7997", base_env=("INFINITY_API_BASE",), key_env=("INFINITY_API_KEY",), key_required=False,
        limits=Limits(items=2048), base64=True, names=Names(dimensions="dimensions", cuts_overflow=True),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="io_net", title="IO Intelligence", kind="cloud", source="https://io.net/docs", read="2026-11-22",
        api_base="https://api.intelligence.io.solutions/api/v1", key_env=("IOINTELLIGENCE_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="ionos", title="IONOS AI Model Hub", kind="cloud",
        source="https://docs.ionos.com/cloud/ai/ai-model-hub/how-tos/text-embeddings", read="2026-11-22",
        api_base="https://openai.inference.de-txl.ionos.com/v1", key_env=("IONOS_API_TOKEN", "IONOS_API_KEY"),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="isaacus", title="Isaacus", kind="cloud",
        source="https://docs.isaacus.com/api-reference/embeddings/embedding", read="2026-11-22",
        adapter="any_llm.providers.isaacus", api_base="https://api.isaacus.com/v1", base_env=("ISAACUS_BASE_URL",),
        key_env=("ISAACUS_API_KEY",), limits=Limits(items=128),
        names=Names(
            dimensions="dimensions", input_type="task",
            roles={"query": "retrieval/query", "document": "retrieval/document"},
            overflow="overflow_strategy", policies={"error": None, "truncate": "drop_end"},  # null is its word for refusing
        ),
        client_aliases=_OPENAI_ALIASES,
        refuses_texts="blank",  # the source above
    ),
    Row(
        name="jiekou", title="Jiekou.AI", kind="gateway",
        source="https://docs.jiekou.ai/en/docs/models/reference-llm-create-embeddings", read="2026-11-22",
        api_base="https://api.jiekou.ai/openai/v1", key_env=("JIEKOU_API_KEY",),
        base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="jina", title="Jina AI", kind="cloud", source="https://github.com/tryAGI/Jina/blob/2a3f424/src/libs/Jina/openapi.json", read="2026-11-22",
        adapter="any_llm.providers.jina", api_base="https://api.jina.ai/v1", base_env=("JINA_AI_API_BASE",),
        key_env=("JINA_API_KEY", "JINA_AI_API_KEY"), base64=True, read_together=("late_chunking",),
        limits=Limits(items=512),  # newer models; older ones take 2,048
        names=Names(  # of jina-embeddings-v5; its adapter knows the other models
            dimensions="dimensions", dtype="embedding_type", dtypes={"binary": "binary", "ubinary": "ubinary"},
            input_type="task",
            roles={
                "query": "retrieval.query", "document": "retrieval.passage", "classification": "classification",
                "clustering": "clustering", "similarity": "text-matching",
            },
            overflow="truncate", policies={"truncate": True}, refuses_overflow=True,
        ),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="lemonade", title="Lemonade Server", kind="server", source="https://lemonade-server.ai/docs/", read="2026-11-22",
        api_base="http://localhost:13305/v1", base_env=("LEMONADE_API_BASE",), key_env=("LEMONADE_API_KEY",), key_required=False,
        base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="libertai", title="LibertAI", kind="cloud", source="https://docs.litellm.ai/docs/providers/libertai", read="2026-11-22",
        api_base="https://api.libertai.io/v1", base_env=("LIBERTAI_API_BASE",), key_env=("LIBERTAI_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="litellm_proxy", title="LiteLLM proxy", kind="gateway",
        source="https://docs.litellm.ai/docs/proxy/embedding", read="2026-11-22",
        api_base="http://localhost:4000/v1", base_env=("LITELLM_PROXY_API_BASE",),
        key_env=("LITELLM_PROXY_API_KEY", "LITELLM_API_KEY"), key_required=False,
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="llamacpp", title="llama.cpp server", kind="server",
        source="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md", read="2026-11-22",
        api_base="http://127.0.0.1:8080/v1", base_env=("LLAMACPP_API_BASE",), key_env=("LLAMACPP_API_KEY",),
        key_required=False, base64=True, names=Names(refuses_overflow=True), client_aliases=_OPENAI_ALIASES,
        lists_models=True,
    ),
    Row(
        name="llamafile", title="llamafile", kind="server",
        source="https://github.com/Mozilla-Ocho/llamafile/blob/main/llamafile/server/doc/embedding.md", read="2026-11-22",
        api_base="http://127.0.0.1:8080/v1", base_env=("LLAMAFILE_API_BASE",), key_required=False,
        limits=Limits(items=1), client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="llamagate", title="LlamaGate", kind="cloud",
        source="https://docs.litellm.ai/docs/providers/llamagate", read="2026-11-22",
        api_base="https://api.llamagate.dev/v1", key_env=("LLAMAGATE_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="lmstudio", title="LM Studio", kind="server",
        source="https://lmstudio.ai/docs/developer/openai-compat", read="2026-11-22",
        adapter="any_llm.providers.lmstudio", api_base="http://localhost:1234/v1", path="/v1/embeddings", bare_host=True,
        base_env=("LM_STUDIO_API_BASE",), key_env=("LM_STUDIO_API_KEY", "LM_API_TOKEN"), key_required=False,
        client_aliases={"base_url": "api_base", "api_host": "api_base"}, lists_models=True,
    ),
    Row(
        name="local", title="In this process", kind="in-process",
        source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2", read="2026-11-22",
        adapter="any_llm.local.adapter", key_required=False, extra="local",
        limits=Limits(items=128, tokens=8192, input_tokens=256),
        names=Names(
            dimensions="dimensions", input_type="input_type", roles={"query": "query", "document": "document"},
            policies={"truncate": "truncate", "mean": "mean"}, refuses_overflow=True,
        ), lists_models=True,
    ),
    Row(
        name="localai", title="LocalAI", kind="server", source="https://localai.io/features/embeddings/", read="2026-11-22",
        api_base="http://localhost:8080/v1", base_env=("LOCALAI_API_BASE",), key_env=("LOCALAI_API_KEY",), key_required=False,
        base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="minimax", title="MiniMax", kind="cloud",
        source="https://platform.minimax.io/docs/api-reference/errorcode", read="2026-11-22",
        adapter="any_llm.providers.minimax", api_base="https://api.minimax.io/v1",
        base_env=("MINIMAX_API_BASE",), key_env=("MINIMAX_API_KEY",), limits=Limits(items=4096),
        names=Names(input_type="type", roles={"query": "query", "document": "db"}, default_role="db"),
        client_options=("group_id",), client_env={"group_id": "MINIMAX_GROUP_ID"}, client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="mistral", title="Mistral AI", kind="cloud", source="https://docs.mistral.ai/api/endpoint/embeddings", read="2026-11-22",
        api_base="https://api.mistral.ai", path="/v1/embeddings", base_env=("MISTRAL_API_BASE",), key_env=("MISTRAL_API_KEY",),
        base64=True, limits=Limits(items=512, tokens=16_384, input_tokens=8192),
        names=Names(dimensions="output_dimension", dtype="output_dtype", dtypes=_QUANTISED, refuses_overflow=True),
        one_space=("mistral-embed", "codestral-embed"),
        client_options=("timeout_ms",), client_aliases={"server_url": "api_base"},
        instead={"http_headers": "pass extra_headers=.", "retries": "pass max_retries in client_args."}, lists_models=True,
    ),
    Row(
        name="mixedbread", title="Mixedbread", kind="cloud",
        source="https://www.mixedbread.com/api-reference/endpoints/embeddings/create-embeddings", read="2026-11-22",
        api_base="https://api.mixedbread.com", path="/v1/embeddings", base_env=("MIXEDBREAD_BASE_URL",),
        key_env=("MXBAI_API_KEY", "MIXEDBREAD_API_KEY"), limits=Limits(items=256), base64=True,
        names=Names(dimensions="dimensions", dtype="encoding_format", dtypes=_QUANTISED), client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="moark", title="Moark (Gitee AI)", kind="cloud", source="https://moark.com/docs", read="2026-11-22",
        api_base="https://api.moark.com/v1", key_env=("MOARK_API_KEY", "GITEE_AI_API_KEY"), limits=Limits(items=32),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="model2vec", title="Model2Vec", kind="in-process",
        source="https://github.com/MinishLab/model2vec", read="2026-11-22",
        adapter="any_llm.local.model2vec", key_required=False, extra="model2vec",
        limits=Limits(items=1024, tokens=262_144),
        names=_OWN_PROMPTS._replace(roles={"query": "query", "document": "document"}),
        client_options=("token", "subfolder", "max_length", "force_download"),
    ),
    Row(
        name="morph", title="Morph", kind="cloud",
        source="https://docs.morphllm.com/api-reference/endpoint/embedding", read="2026-11-22",  # it plans to end them
        api_base="https://api.morphllm.com/v1", base_env=("MORPH_API_BASE",), key_env=("MORPH_API_KEY",),
        base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="mzai", title="Mozilla any-llm platform", kind="gateway", source="https://any-llm.ai", read="2026-11-22",
        api_base="https://platform-api.any-llm.ai/api/v1", base_env=("ANY_LLM_PLATFORM_URL",), key_env=("ANY_LLM_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="nanogpt", title="NanoGPT", kind="gateway",
        source="https://docs.nano-gpt.com/api-reference/embeddings", read="2026-11-22",
        api_base="https://nano-gpt.com/api/v1", key_env=("NANOGPT_API_KEY", "NANO_GPT_API_KEY"),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True, models_path="/embedding-models",
    ),
    Row(
        name="nearai", title="NEAR AI Cloud", kind="cloud", source="https://docs.near.ai/", read="2026-11-22",
        api_base="https://cloud-api.near.ai/v1", key_env=("NEARAI_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="nebius", title="Nebius Token Factory", kind="cloud",
        source="https://docs.tokenfactory.nebius.com/api-reference/inference/create-embeddings", read="2026-11-22",
        api_base="https://api.tokenfactory.nebius.com/v1", base_env=("NEBIUS_API_BASE",), key_env=("NEBIUS_API_KEY",),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="neosantara", title="Neosantara", kind="gateway",
        source="https://docs.neosantara.xyz/en/capability/embeddings", read="2026-11-22",
        api_base="https://api.neosantara.xyz/v1", base_env=("NEOSANTARA_API_BASE",), key_env=("NEOSANTARA_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="nomic", title="Nomic Atlas", kind="cloud",
        source="https://docs.nomic.ai/atlas/models/text-embedding", read="2026-11-22",
        adapter="any_llm.providers.nomic", api_base="https://api-atlas.nomic.ai", path="/v1/embedding/text",
        base_env=("ATLAS_API_PATH",), key_env=("NOMIC_API_KEY", "ATLAS_API_KEY"),
        limits=Limits(items=400, input_tokens=8192),
        names=Names(
            dimensions="dimensionality", input_type="task_type",
            roles={
                "query": "search_query", "document": "search_document", "classification": "classification",
                "clustering": "clustering",
            },
            default_role="search_document", overflow="long_text_mode", policies={"truncate": "truncate", "mean": "mean"},
            cuts_overflow=True,
        ),
        client_aliases=_OPENAI_ALIASES,
        instead={"inference_mode": "it runs at Nomic; to run a model here use provider='local'."},
    ),
    Row(
        name="novita", title="Novita AI", kind="cloud",
        source="https://novita.ai/docs/api-reference/model-apis-llm-create-embeddings", read="2026-11-22",
        api_base="https://api.novita.ai/openai/v1", base_env=("NOVITA_API_BASE",), key_env=("NOVITA_API_KEY",),
        base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="nvidia_nim", title="NVIDIA NIM", kind="cloud",
        source="https://docs.nvidia.com/nim/nemo-retriever/text-embedding/latest/reference.html", read="2026-11-22",
        api_base="https://integrate.api.nvidia.com/v1", base_env=("NVIDIA_NIM_API_BASE", "NVIDIA_BASE_URL"),
        key_env=("NVIDIA_API_KEY", "NVIDIA_NIM_API_KEY"), base64=True,
        names=Names(
            dimensions="dimensions", dtype="embedding_type", dtypes=_QUANTISED,
            input_type="input_type", roles={"query": "query", "document": "passage"}, default_role="passage", overflow="truncate", policies={"truncate": "END"}, refuses_overflow=True,
        ),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="ollama", title="Ollama", kind="server",
        source="https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings", read="2026-11-22",
        adapter="any_llm.providers.ollama", api_base="http://127.0.0.1:11434", path="/api/embed",
        base_env=("OLLAMA_HOST",), key_env=("OLLAMA_API_KEY",), key_required=False, bare_host=True,
        names=Names(dimensions="dimensions", overflow="truncate", policies={"error": False, "truncate": True}),
        client_aliases={"host": "api_base", "headers": "default_headers"}, lists_models=True,
    ),
    Row(
        name="openai", title="OpenAI", kind="cloud",
        source="https://platform.openai.com/docs/api-reference/embeddings/create", read="2026-11-22",
        api_base="https://api.openai.com/v1", base_env=("OPENAI_BASE_URL",), key_env=("OPENAI_API_KEY",),
        base64=True, limits=Limits(items=2048, tokens=300_000, input_tokens=8192),
        names=Names(dimensions="dimensions", refuses_overflow=True), one_space=("text-embedding-",),
        client_headers={"organization": "OpenAI-Organization", "project": "OpenAI-Project"},
        client_env={"organization": "OPENAI_ORG_ID", "project": "OPENAI_PROJECT_ID"}, client_aliases=_OPENAI_ALIASES, lists_models=True,
        refuses_texts="empty",  # https://github.com/openai/openai-python/issues/576
    ),
    Row(
        name="openrouter", title="OpenRouter", kind="gateway",
        source="https://openrouter.ai/docs/api_reference/embeddings", read="2026-11-22",
        api_base="https://openrouter.ai/api/v1", base_env=("OPENROUTER_API_BASE",), key_env=("OPENROUTER_API_KEY",),
        base64=True,
        names=Names(dimensions="dimensions", input_type="input_type", roles=_COHERE_ROLES),
        client_headers={
            "http_referer": "HTTP-Referer", "x_open_router_title": "X-OpenRouter-Title",
            "x_open_router_categories": "X-OpenRouter-Categories",
        },
        client_aliases={"base_url": "api_base", "server_url": "api_base"}, client_options=("timeout_ms",), lists_models=True, models_path="/embeddings/models",
    ),
    Row(
        name="openvino", title="OpenVINO Model Server", kind="server",
        source="https://docs.openvino.ai/2025/model-server/ovms_docs_rest_api_embeddings.html", read="2026-11-22",
        api_base="http://localhost:8000/v3", key_required=False, base64=True, client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="otari", title="Otari gateway", kind="gateway", source="https://mozilla-ai.github.io/otari/", read="2026-11-22",
        api_base="https://api.otari.ai", path="/api/v1/embeddings", base_env=("OTARI_API_BASE", "GATEWAY_API_BASE"),
        key_env=("OTARI_API_KEY", "OTARI_AI_TOKEN", "OTARI_PLATFORM_TOKEN", "GATEWAY_PLATFORM_TOKEN"), key_required=False,
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="ovhcloud", title="OVHcloud AI Endpoints", kind="cloud",
        source="https://docs.ovhcloud.com/en/guides/public-cloud/ai-machine-learning/ai-endpoints-getting-started", read="2026-11-22",
        api_base="https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", base_env=("OVHCLOUD_API_BASE",),
        key_env=("OVHCLOUD_API_KEY", "OVH_AI_ENDPOINTS_ACCESS_TOKEN"), key_required=False,
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="perplexity", title="Perplexity", kind="cloud",
        source="https://docs.perplexity.ai/api-reference/embeddings-post", read="2026-11-22",
        adapter="any_llm.providers.perplexity", api_base="https://api.perplexity.ai", path="/v1/embeddings",
        base_env=("PERPLEXITY_BASE_URL",), key_env=("PERPLEXITY_API_KEY", "PPLX_API_KEY"),
        limits=Limits(items=512, tokens=120_000, input_tokens=32_768),
        names=Names(
            dimensions="dimensions", dtype="encoding_format", dtypes={"int8": "base64_int8", "ubinary": "base64_binary"}
        ),
        one_space=("pplx-embed-",), client_aliases=_OPENAI_ALIASES, lists_models=True,
        refuses_texts="empty",  # the source above
    ),
    Row(
        name="portkey", title="Portkey", kind="gateway", source="https://portkey.ai/docs", read="2026-11-22",
        api_base="https://api.portkey.ai/v1", base_env=("PORTKEY_API_BASE",), key_env=("PORTKEY_API_KEY",),
        auth=("x-portkey-api-key", ""), client_headers={"config": "x-portkey-config"},
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="ppio", title="PPIO", kind="cloud",
        source="https://ppio.com/docs/models/reference-llm-create-embeddings", read="2026-11-22",
        api_base="https://api.ppio.com/openai/v1", key_env=("PPIO_API_KEY",), limits=Limits(items=32),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="privatemode", title="Privatemode AI", kind="server",
        source="https://docs.privatemode.ai/api/overview", read="2026-11-22",
        api_base="http://localhost:8080/v1", path="/v1/embeddings", base_env=("PRIVATEMODE_ENDPOINT",),
        key_env=("PRIVATEMODE_API_KEY",), key_required=False, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="qianfan", title="Baidu Qianfan", kind="cloud",
        source="https://cloud.baidu.com/doc/qianfan-api/s/Fm7u3ropn", read="2026-11-22",
        api_base="https://qianfan.baidubce.com/v2", key_env=("QIANFAN_API_KEY",),
        adapter="any_llm.providers.qianfan", limits=Limits(items=16),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
        refuses_texts="empty",  # the source above
    ),
    Row(
        name="ramalama", title="RamaLama", kind="server", source="https://ramalama.ai", read="2026-11-22",
        api_base="http://localhost:8080/v1", base_env=("RAMALAMA_API_BASE",), key_required=False,
        base64=True, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="regolo", title="Regolo AI", kind="cloud", source="https://docs.regolo.ai/", read="2026-11-22",
        api_base="https://api.regolo.ai/v1", key_env=("REGOLO_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="replicate", title="Replicate", kind="cloud",
        source="https://replicate.com/docs/topics/predictions/create-a-prediction", read="2026-11-22",
        adapter="any_llm.providers.replicate", api_base="https://api.replicate.com",
        base_env=("REPLICATE_BASE_URL",), key_env=("REPLICATE_API_TOKEN",),
        token_options=("api_token",), client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="requesty", title="Requesty", kind="gateway",
        source="https://docs.requesty.ai/api-reference/endpoint/embeddings-create", read="2026-11-22",
        api_base="https://router.requesty.ai/v1", base_env=("REQUESTY_API_BASE",), key_env=("REQUESTY_API_KEY",),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="sagemaker", title="Amazon SageMaker", kind="cloud",
        source="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html", read="2026-11-22",
        adapter="any_llm.providers.sagemaker", api_base="https://runtime.sagemaker.{region_name}.amazonaws.com",
        variables={"region_name": "AWS_REGION"}, client_env={"region_name": "AWS_DEFAULT_REGION"}, found=("region_name",),
        base_env=("SAGEMAKER_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"), key_required=False,
        extra="aws", limits=Limits(items=32, bytes=5_000_000),
        credentials=_AWS_CREDENTIALS, client_options=("input_field",),
        client_aliases={"endpoint_url": "api_base"},
    ),
    Row(
        name="sambanova", title="SambaNova Cloud", kind="cloud",
        source="https://docs.sambanova.ai/docs/en/capabilities/embeddings", read="2026-11-22",
        api_base="https://api.sambanova.ai/v1", base_env=("SAMBANOVA_API_BASE", "SAMBANOVA_BASE_URL"),
        key_env=("SAMBANOVA_API_KEY",), limits=Limits(input_tokens=4096), client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="scaleway", title="Scaleway Generative APIs", kind="cloud",
        source="https://www.scaleway.com/en/docs/generative-apis/", read="2026-11-22",
        api_base="https://api.scaleway.ai/v1", key_env=("SCW_SECRET_KEY", "SCALEWAY_API_KEY"),
        names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="sentence_transformers", title="Sentence Transformers", kind="in-process",
        source="https://github.com/huggingface/sentence-transformers", read="2026-11-22",
        adapter="any_llm.local.sentence_transformers", key_required=False, extra="sentence-transformers",
        limits=_IN_PROCESS, names=_OWN_PROMPTS,
        client_options=(
            "device", "prompts", "default_prompt_name", "cache_folder", "trust_remote_code", "revision", "local_files_only",
            "token", "model_kwargs", "processor_kwargs", "config_kwargs", "backend",
        ),
    ),
    Row(
        name="sglang", title="SGLang", kind="server",
        source="https://docs.sglang.ai/basic_usage/openai_api_embeddings.html", read="2026-11-22",
        api_base="http://localhost:30000/v1", base_env=("SGLANG_API_BASE",), key_env=("SGLANG_API_KEY",), key_required=False,
        names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="siliconflow", title="SiliconFlow", kind="cloud",
        source="https://docs.siliconflow.com/en/api-reference/embeddings/create-embeddings", read="2026-11-22",
        api_base="https://api.siliconflow.com/v1", key_env=("SILICONFLOW_API_KEY",), limits=Limits(items=32),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True, models_path="/models?sub_type=embedding",
    ),
    Row(
        name="snowflake", title="Snowflake Cortex", kind="cloud",
        source="https://docs.snowflake.com/developer-guide/snowflake-rest-api/cortex-embed/cortex-embed-introduction",
        read="2026-11-22", adapter="any_llm.providers.snowflake",
        api_base="https://{account}.snowflakecomputing.com", variables={"account": "SNOWFLAKE_ACCOUNT"},
        path="/api/v2/cortex/inference:embed",
        key_env=("SNOWFLAKE_CORTEX_PAT", "SNOWFLAKE_TOKEN", "SNOWFLAKE_JWT"),
        client_headers={"token_type": "X-Snowflake-Authorization-Token-Type"}, client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="stackit", title="STACKIT AI Model Serving", kind="cloud",
        source="https://docs.stackit.cloud/products/data-and-ai/ai-model-serving/", read="2026-11-22",
        api_base="https://api.openai-compat.model-serving.eu01.onstackit.cloud/v1", key_env=("STACKIT_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="tei", title="Text Embeddings Inference", kind="server",
        source="https://huggingface.co/docs/text-embeddings-inference/quick_tour", read="2026-11-22",
        adapter="any_llm.providers.tei", api_base="http://localhost:3000", path="/embed", base_env=("TEI_API_BASE",),
        key_env=("TEI_API_KEY",), key_required=False, limits=Limits(items=32, bytes=1_900_000),
        names=Names(
            dimensions="dimensions", input_type="prompt_name", roles={"query": "query", "document": "document"},
            overflow="truncate", policies={"error": False, "truncate": True},
        ),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="tencent", title="Tencent TokenHub", kind="cloud",
        source="https://cloud.tencent.com/document/product/1823/130050", read="2026-11-22",
        api_base="https://tokenhub.tencentmaas.com/v1", base_env=("TENCENT_API_BASE",),
        key_env=("TENCENT_API_KEY", "TENCENT_TOKENHUB_API_KEY", "HUNYUAN_API_KEY"),
        limits=Limits(items=50, input_tokens=8192), client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="tinfoil", title="Tinfoil", kind="cloud", source="https://docs.tinfoil.sh", read="2026-11-22",
        api_base="https://inference.tinfoil.sh/v1", key_env=("TINFOIL_API_KEY",),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="together", title="Together AI", kind="cloud", source="https://docs.together.ai/reference/embeddings", read="2026-11-22",
        api_base="https://api.together.ai", path="/v1/embeddings", base_env=("TOGETHER_API_BASE", "TOGETHER_BASE_URL"),
        key_env=("TOGETHER_API_KEY",), client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="upstage", title="Upstage", kind="cloud", source="https://console.upstage.ai/docs/capabilities/embed",
        read="2026-11-22", adapter="any_llm.providers.upstage", api_base="https://api.upstage.ai/v1",
        base_env=("UPSTAGE_API_BASE",), key_env=("UPSTAGE_API_KEY",), limits=Limits(items=100, tokens=204_800),
        base64=True, names=Names(roles={"query": "query", "document": "passage"}, role_chooses="model"),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
        refuses_texts="empty",  # the source above
    ),
    Row(
        name="venice", title="Venice AI", kind="cloud",
        source="https://docs.venice.ai/api-reference/endpoint/embeddings/generate", read="2026-11-22",
        api_base="https://api.venice.ai/api/v1", key_env=("VENICE_API_KEY", "VENICE_AI_API_KEY"),
        limits=Limits(items=2048, input_tokens=8192),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True, models_path="/models?type=embedding",
    ),
    Row(
        name="vercel_ai_gateway", title="Vercel AI Gateway", kind="gateway",
        source="https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions/embeddings", read="2026-11-22",
        api_base="https://ai-gateway.vercel.sh/v1", base_env=("VERCEL_AI_GATEWAY_API_BASE",),
        key_env=("AI_GATEWAY_API_KEY", "VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"), limits=Limits(items=2048),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="vertexai", title="Google Vertex AI", kind="cloud",
        source="https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api", read="2026-11-22",
        adapter="any_llm.providers.vertexai", api_base="https://aiplatform.googleapis.com",
        base_env=("VERTEXAI_API_BASE", "GOOGLE_VERTEX_BASE_URL"), key_env=("GOOGLE_VERTEX_API_KEY",), key_required=False,
        auth=("x-goog-api-key", ""), extra="gcp", limits=Limits(items=1, input_tokens=2048),
        names=Names(
            dimensions="outputDimensionality", input_type="task_type",
            roles={
                "query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT", "classification": "CLASSIFICATION",
                "clustering": "CLUSTERING", "similarity": "SEMANTIC_SIMILARITY",
            },
            overflow="autoTruncate", policies={"error": False, "truncate": True},
        ),
        credentials=("credentials",), client_options=("project", "location", "api_version"), found=("project",),
        client_env={"project": "GOOGLE_CLOUD_PROJECT", "location": "GOOGLE_CLOUD_LOCATION"},
        client_aliases={"base_url": "api_base"},
        instead={
            "config": "pass its fields by the API's names, task_type=... or outputDimensionality=..., or use input_type= and dimensions=.",
            "parameters": "pass its fields by name, outputDimensionality=... or autoTruncate=....",
            "embedContentConfig": "pass its fields by name, taskType=... or outputDimensionality=....",
        },
    ),
    Row(
        name="vllm", title="vLLM", kind="server",
        source="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html", read="2026-11-22",
        api_base="http://localhost:8000/v1", base_env=("VLLM_API_BASE",), key_env=("VLLM_API_KEY",), key_required=False,
        base64=True,
        names=Names(
            dimensions="dimensions", overflow="truncate_prompt_tokens", policies={"truncate": -1}, refuses_overflow=True
        ),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="volcengine", title="Volcengine Ark", kind="cloud",
        source="https://www.volcengine.com/docs/82379/1302003", read="2026-11-22",
        api_base="https://ark.cn-beijing.volces.com/api/v3", base_env=("ARK_API_BASE", "VOLCENGINE_API_BASE"),
        key_env=("ARK_API_KEY", "VOLCENGINE_API_KEY"), limits=Limits(items=256, input_tokens=4096),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
        refuses_texts="empty",  # the source above
    ),
    Row(
        name="voyage", title="Voyage AI", kind="cloud", source="https://docs.voyageai.com/reference/embeddings-api", read="2026-11-22",
        api_base="https://api.voyageai.com/v1", base_env=("VOYAGE_API_BASE",), key_env=("VOYAGE_API_KEY",),
        key_bases={"al-": "https://ai.mongodb.com/v1"}, base64=True,
        limits=Limits(items=1000, tokens=120_000),
        names=Names(
            dimensions="output_dimension", dtype="output_dtype", dtypes=_QUANTISED,
            input_type="input_type", roles={"query": "query", "document": "document"},
            overflow="truncation", policies={"error": False, "truncate": True},
        ),
        client_aliases=_OPENAI_ALIASES,
        refuses_texts="empty",  # https://github.com/blinkospace/blinko/pull/884
    ),
    Row(
        name="watsonx", title="IBM watsonx.ai", kind="cloud",
        source="https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings", read="2026-11-22",
        adapter="any_llm.providers.watsonx", base_env=("WATSONX_URL",), key_env=("WATSONX_API_KEY",),
        auth=("Authorization", "apikey "), limits=Limits(items=1000),
        names=Names(refuses_overflow=True), token_options=("token",),
        client_options=("project_id", "space_id", "api_version", "auth_url"),
        client_env={"project_id": "WATSONX_PROJECT_ID"}, client_aliases={"url": "api_base"},
        instead={
            "params": "pass its fields in parameters={...}.",
            "truncate_input_tokens": 'pass parameters={"truncate_input_tokens": ...}.',
        },
    ),
    Row(
        name="xinference", title="Xinference", kind="server", source="https://inference.readthedocs.io", read="2026-11-22",
        api_base="http://127.0.0.1:9997/v1", base_env=("XINFERENCE_API_BASE",), key_env=("XINFERENCE_API_KEY",),
        key_required=False, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="yandex", title="Yandex AI Studio", kind="cloud",
        source="https://aistudio.yandex.ru/docs/ru/ai-studio/api-ref/Embeddings/createEmbedding", read="2026-11-22",
        adapter="any_llm.providers.yandex", api_base="https://ai.api.cloud.yandex.net/v1",
        key_env=("YC_API_KEY",), auth=("Authorization", "Api-Key "), limits=Limits(items=1),
        names=Names(dimensions="dimensions", roles={"query": "query", "document": "doc"}, role_chooses="model"),
        token_options=("iam_token",), token_env=("YC_IAM_TOKEN",),
        client_options=("folder_id",), client_env={"folder_id": "YC_FOLDER_ID"},
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="zhipu", title="Zhipu BigModel", kind="cloud",
        source="https://docs.bigmodel.cn/api-reference/%E6%A8%A1%E5%9E%8B-api/%E6%96%87%E6%9C%AC%E5%B5%8C%E5%85%A5", read="2026-11-22",
        api_base="https://open.bigmodel.cn/api/paas/v4",
        key_env=("ZHIPU_API_KEY", "ZHIPUAI_API_KEY", "BIGMODEL_API_KEY"),
        adapter="any_llm.providers.zhipu", limits=Limits(items=64, input_tokens=3072),
        names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
)
_NONE = "its API has no embeddings endpoint."
_UNKNOWN = "no embeddings endpoint of it is known here."
_ELSEWHERE = "its own shape is not spoken here."
_ANY_LLM = "https://github.com/mozilla-ai/any-llm/tree/main/src/any_llm/providers/"
_LITELLM = "https://docs.litellm.ai/docs/providers/"
_WITHOUT: tuple[tuple[str, str, Kind, tuple[str, ...], str, str], ...] = (
    # name, title, kind, key variables, why it has none, where that was read
    ("ai21", "AI21", "cloud", ("AI21_API_KEY",), "its embeddings endpoint was retired.", "https://github.com/Portkey-AI/gateway"),
    ("anthropic", "Anthropic", "cloud", ("ANTHROPIC_API_KEY",), _NONE,
     "https://docs.claude.com/en/docs/build-with-claude/embeddings"),
    ("atlascloud", "Atlas Cloud", "cloud", ("ATLASCLOUD_API_KEY",), _UNKNOWN, f"{_ANY_LLM}registry.py"),
    ("azureanthropic", "Anthropic on Azure", "cloud", ("AZURE_ANTHROPIC_API_KEY",), _NONE, f"{_ANY_LLM}azureanthropic"),
    ("cascadia", "Cascadia", "server", ("CASCADIA_API_KEY",), _UNKNOWN, f"{_ANY_LLM}registry.py"),
    ("cerebras", "Cerebras", "cloud", ("CEREBRAS_API_KEY",), _NONE, f"{_LITELLM}cerebras"),
    ("chutes", "Chutes", "cloud", ("CHUTES_API_KEY",), "it has no shared endpoint: each deployment has an address of its own.",
     f"{_LITELLM}chutes"),
    ("deepseek", "DeepSeek", "cloud", ("DEEPSEEK_API_KEY",), "it hosts no embedding model.", f"{_ANY_LLM}deepseek"),
    ("github", "GitHub Models", "cloud", ("GITHUB_TOKEN",), "GitHub Models was retired on 2026-07-30.",
     "https://github.com/orgs/community/discussions/203602"),
    ("gmi", "GMI Cloud", "cloud", ("GMI_API_KEY",), _UNKNOWN, f"{_ANY_LLM}gmi"),
    ("groq", "Groq", "cloud", ("GROQ_API_KEY",), _NONE, "https://console.groq.com/docs/api-reference"),
    ("hyperbolic", "Hyperbolic", "cloud", ("HYPERBOLIC_API_KEY",), _NONE, f"{_LITELLM}hyperbolic"),
    ("inception", "Inception", "cloud", ("INCEPTION_API_KEY",), "it hosts no embedding model.", f"{_ANY_LLM}inception"),
    ("kenari", "Kenari", "gateway", ("KENARI_API_KEY",), _UNKNOWN, f"{_ANY_LLM}registry.py"),
    ("liner", "Liner", "cloud", ("LINER_API_KEY",), _UNKNOWN, f"{_ANY_LLM}liner"),
    ("llama", "Meta Llama API", "cloud", ("LLAMA_API_KEY",), _NONE, f"{_ANY_LLM}llama"),
    ("meta", "Meta Model API", "cloud", ("MODEL_API_KEY",), _NONE, f"{_ANY_LLM}meta"),
    ("moonshot", "Moonshot AI", "cloud", ("MOONSHOT_API_KEY",), _NONE, f"{_ANY_LLM}registry.py"),
    ("poe", "Poe", "gateway", ("POE_API_KEY",), _NONE, f"{_LITELLM}poe"),
    ("qiniu", "Qiniu AI", "gateway", ("QINIU_API_KEY",), "its documentation names no embeddings endpoint.",
     "https://developer.qiniu.com/aitokenapi/12882/ai-inference-api"),
    ("stepfun", "StepFun", "cloud", ("STEPFUN_API_KEY",), _NONE,
     "https://github.com/infiniflow/ragflow/blob/main/conf/models/stepfun.json"),
    ("telnyx", "Telnyx", "cloud", ("TELNYX_API_KEY",), _UNKNOWN, f"{_ANY_LLM}registry.py"),
    ("typesafe", "Typesafe", "cloud", ("TYPESAFE_API_KEY",), _UNKNOWN, f"{_ANY_LLM}typesafe"),
    ("vertexaianthropic", "Anthropic on Vertex AI", "cloud", (), _NONE, f"{_ANY_LLM}vertexaianthropic"),
    ("xai", "xAI", "cloud", ("XAI_API_KEY",), "it offers no embedding model to the public.", f"{_ANY_LLM}xai"),
    ("zai", "Z.AI", "cloud", ("ZAI_API_KEY",), "it documents no embedding model; its sister `zhipu` has them.", f"{_ANY_LLM}zai"),
)
# fmt: on


def _without(fact: tuple[str, str, Kind, tuple[str, ...], str, str]) -> Row:
    """Describe a provider that makes no embeddings here."""
    name, title, kind, key_env, reason, source = fact
    return Row(
        name=name, title=title, kind=kind, key_env=key_env, reason=reason, source=source, read="2026-11-22",
        embedding=False,
    )  # fmt: skip


ROWS: dict[str, Row] = {row.name: row for row in sorted((*_TABLE, *map(_without, _WITHOUT)), key=lambda row: row.name)}


def compatible(name: str) -> Row:
    """Describe a server of the caller's own that answers as OpenAI does."""
    if not name.strip():
        raise InvalidModelError("name must say what the endpoint is called.")
    return Row(
        name=name, title=name, kind="server", source="the caller", read="2026-11-22", key_required=False, base64=True,
        names=Names(dimensions="dimensions"), client_aliases=_OPENAI_ALIASES, lists_models=True,
    )  # fmt: skip
