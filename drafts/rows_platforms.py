"""Rows of the platforms' own shapes, ready to paste into table.py (they replace those of the same name there)."""

from any_llm.providers.row import Limits, Names, Row

_OPENAI_ALIASES = {"base_url": "api_base"}
_WIDTH = Names(dimensions="dimensions")

# fmt: off
ROWS_PLATFORMS = (
    Row(
        name="cloudflare", title="Cloudflare Workers AI", kind="cloud",
        source="https://developers.cloudflare.com/workers-ai/models/bge-m3/", read="2026-11-22",
        adapter="any_llm.providers.cloudflare", api_base="https://api.cloudflare.com/client/v4",
        base_env=("CLOUDFLARE_BASE_URL",), key_env=("CLOUDFLARE_API_TOKEN",), evidence="sdk",
        limits=Limits(items=100),
        client_options=("account_id",), client_env={"account_id": "CLOUDFLARE_ACCOUNT_ID"},
        token_options=("api_token",), client_aliases=_OPENAI_ALIASES,
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
        client_aliases={"base_url": "api_base", "base_address": "api_base"}, lists_models=True, evidence="sdk",
    ),
    Row(
        name="databricks", title="Databricks", kind="cloud",
        source="https://docs.databricks.com/aws/en/machine-learning/model-serving/query-embedding-models", read="2026-11-22",
        adapter="any_llm.providers.databricks", base_env=("DATABRICKS_HOST",), bare_host=True,
        key_env=("DATABRICKS_TOKEN", "DATABRICKS_API_KEY"), limits=Limits(items=150), evidence="sdk",
        token_options=("token",), client_aliases={"base_url": "api_base", "host": "api_base"},
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
        name="qianfan", title="Baidu Qianfan", kind="cloud",
        source="https://cloud.baidu.com/doc/qianfan-api/s/Fm7u3ropn", read="2026-11-22",
        api_base="https://qianfan.baidubce.com/v2", key_env=("QIANFAN_API_KEY",),
        adapter="any_llm.providers.qianfan", limits=Limits(items=16),
        client_aliases=_OPENAI_ALIASES, lists_models=True,
    ),
    Row(
        name="replicate", title="Replicate", kind="cloud",
        source="https://replicate.com/docs/topics/predictions/create-a-prediction", read="2026-11-22",
        adapter="any_llm.providers.replicate", api_base="https://api.replicate.com",
        base_env=("REPLICATE_BASE_URL",), key_env=("REPLICATE_API_TOKEN",), evidence="sdk",
        token_options=("api_token",), client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="snowflake", title="Snowflake Cortex", kind="cloud",
        source="https://docs.snowflake.com/developer-guide/snowflake-rest-api/cortex-embed/cortex-embed-introduction",
        read="2026-11-22", adapter="any_llm.providers.snowflake",
        api_base="https://{account}.snowflakecomputing.com", variables={"account": "SNOWFLAKE_ACCOUNT"},
        path="/api/v2/cortex/inference:embed",
        key_env=("SNOWFLAKE_CORTEX_PAT", "SNOWFLAKE_TOKEN", "SNOWFLAKE_JWT"), evidence="sdk",
        client_headers={"token_type": "X-Snowflake-Authorization-Token-Type"}, client_aliases=_OPENAI_ALIASES,
    ),
    Row(
        name="upstage", title="Upstage", kind="cloud", source="https://console.upstage.ai/docs/capabilities/embed",
        read="2026-11-22", adapter="any_llm.providers.upstage", api_base="https://api.upstage.ai/v1",
        base_env=("UPSTAGE_API_BASE",), key_env=("UPSTAGE_API_KEY",), limits=Limits(items=100, tokens=204_800),
        base64=True, names=Names(roles={"query": "query", "document": "passage"}),  # endings of the model's name
        client_aliases=_OPENAI_ALIASES, lists_models=True, evidence="sdk",
    ),
    Row(
        name="volcengine", title="Volcengine Ark", kind="cloud",
        source="https://www.volcengine.com/docs/82379/1302003", read="2026-11-22",
        api_base="https://ark.cn-beijing.volces.com/api/v3", base_env=("ARK_API_BASE", "VOLCENGINE_API_BASE"),
        key_env=("ARK_API_KEY", "VOLCENGINE_API_KEY"), limits=Limits(items=256, input_tokens=4096),
        base64=True, names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True, evidence="sdk",
    ),
    Row(
        name="yandex", title="Yandex AI Studio", kind="cloud",
        source="https://aistudio.yandex.ru/docs/ru/ai-studio/api-ref/Embeddings/createEmbedding", read="2026-11-22",
        adapter="any_llm.providers.yandex", api_base="https://ai.api.cloud.yandex.net/v1",
        key_env=("YC_API_KEY",), auth=("Authorization", "Api-Key "), limits=Limits(items=1),
        names=Names(dimensions="dimensions", roles={"query": "query", "document": "doc"}),  # endings of the model's name
        token_options=("iam_token",), token_env=("YC_IAM_TOKEN",),
        client_options=("folder_id",), client_env={"folder_id": "YC_FOLDER_ID"},
        client_aliases=_OPENAI_ALIASES, lists_models=True, evidence="sdk",
    ),
    Row(
        name="zhipu", title="Zhipu BigModel", kind="cloud",
        source="https://docs.bigmodel.cn/api-reference/%E6%A8%A1%E5%9E%8B-api/%E6%96%87%E6%9C%AC%E5%B5%8C%E5%85%A5", read="2026-11-22",
        api_base="https://open.bigmodel.cn/api/paas/v4",
        key_env=("ZHIPU_API_KEY", "ZHIPUAI_API_KEY", "BIGMODEL_API_KEY"),
        adapter="any_llm.providers.zhipu", limits=Limits(items=64, input_tokens=3072),
        names=_WIDTH, client_aliases=_OPENAI_ALIASES, lists_models=True, evidence="sdk",
    ),
)
# fmt: on
