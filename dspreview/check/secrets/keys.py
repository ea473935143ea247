"""Kinds of keys: how each begins, its form, and what proves it.

The forms are those that the issuers' documentation describes, or, where that says nothing, that public rule sets (gitleaks,
detect-secrets, kingfisher) agree on; seen 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from dspreview.check.secrets import proofs


class KeyKind(NamedTuple):
    """A kind of key."""

    name: str
    hint: str
    """A part that each of them has, as RE2 reads it: texts without any are not looked at."""
    form: str
    """The key; its first group, where it has one, is the secret in it."""
    proof: Callable[[str], bool] | None = None
    """Says whether it is one."""
    bits: float = 0.0
    """Least entropy."""
    whole: bool = True
    """Whether nothing that could belong to it may stand beside it."""


A, H, U = "[A-Za-z0-9]", "[0-9a-f]", "[A-Za-z0-9_-]"
KEYS = (
    KeyKind("aws-access-key-id", "A(?:KI|SI|BI|CC)A", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", bits=3.0),
    KeyKind("aws-secret-access-key", "(?i:secret_?access|aws[a-z_ ]*secret)", r"(?i:secret_?access_?key|aws.{0,20}secret)[\"']?\s*(?:=>|[=:])\s*[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])", bits=4.0, whole=False),
    KeyKind("github-token", "gh[opur]_", rf"gh[opu]_{A}{{36}}|ghr_(?:{A}{{76}}|{A}{{36}})", proofs.github),
    KeyKind("github-app-token", "ghs_", rf"ghs_{A}{{36}}|ghs_[0-9]{{1,12}}_eyJ{U}{{10,}}\.{U}{{10,}}\.{U}{{20,}}", bits=3.0),
    KeyKind("github-fine-grained-token", "github_pat_", rf"github_pat_[0-9]{A}{{21}}_{A}{{59}}"),
    KeyKind("gitlab-token", "glpat-", rf"glpat-{U}{{20}}(?!\.)", bits=3.0),
    KeyKind("gitlab-routable-token", "glpat-", rf"glpat-{U}{{27,300}}\.01\.[0-9a-z]{{9}}", proofs.gitlab),
    KeyKind("gitlab-runner-token", "glrt-", rf"glrt-(?:t\d_)?{U}{{20,300}}", bits=3.0),
    KeyKind("gitlab-deploy-token", "gl(?:dt|ft|ffct|soat|ptt|agent)-", rf"(?:gldt|glft|glffct|glsoat)-{U}{{20}}|glptt-{H}{{40}}|glagent-{U}{{50}}", bits=3.0),
    KeyKind("huggingface-token", "hf_|api_org_", rf"(?:hf_|api_org_){A}{{34}}", bits=3.0),
    KeyKind("openai-key", "T3BlbkFJ", rf"sk-(?:(?:proj|svcacct|service|admin)-{U}{{20,90}}|{A}{{20}})T3BlbkFJ{U}{{20,90}}"),
    KeyKind("anthropic-key", "sk-ant-", rf"sk-ant-(?:api03|admin01)-{U}{{93}}AA"),
    KeyKind("openrouter-key", "sk-or-v1-", rf"sk-or-v1-{H}{{64}}"),
    KeyKind("google-api-key", "AIza", rf"AIza{U}{{35}}", bits=4.0),
    KeyKind("google-oauth-secret", "GOCSPX-", rf"GOCSPX-{U}{{28}}"),
    KeyKind("google-oauth-token", r"ya29\.", rf"ya29\.{U}{{30,}}", bits=3.5),
    KeyKind("slack-token", "xox[bpecos]-", rf"xoxb-[0-9]{{8,14}}-(?:[0-9]{{8,14}}-)?{A}{{18,34}}|xox[pe](?:-[0-9]{{8,14}}){{3}}-{A}{{28,64}}|xox[cos](?:-[0-9]{{9,15}}){{3}}-[0-9a-fA-F]{{32,64}}", bits=3.0),
    KeyKind("slack-app-token", "xapp-", rf"xapp-[0-9]-[A-Z0-9]{{9,13}}-[0-9]{{10,14}}-{H}{{64}}"),
    KeyKind("slack-webhook", r"hooks\.slack\.com", rf"https://hooks\.slack\.com/services/T[A-Z0-9]{{8,12}}/B[A-Z0-9]{{8,12}}/({A}{{24}})", whole=False),
    KeyKind("stripe-key", "[sr]k_live_", rf"[sr]k_live_{A}{{24,247}}"),
    KeyKind("stripe-webhook-secret", "whsec_", r"whsec_[A-Za-z0-9+/]{32,64}={0,2}", bits=3.5),
    KeyKind("sendgrid-key", r"SG\.", rf"SG\.{U}{{22}}\.{U}{{43}}"),
    KeyKind("mailchimp-key", "-us[0-9]", rf"{H}{{32}}-us[0-9]{{1,2}}", bits=3.0),
    KeyKind("discord-bot-token", r"[MNO][DTjz][A-Za-z0-9]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]", rf"[MNO]{U}{{23,25}}\.{U}{{6}}\.{U}{{27,38}}", proofs.discord),
    KeyKind("discord-webhook", "discord(?:app)?.com/api", rf"https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com/api(?:/v\d{{1,2}})?/webhooks/[0-9]{{17,20}}/({U}{{60,80}})", whole=False),
    KeyKind("telegram-bot-token", ":AA", rf"[0-9]{{8,10}}:AA{U}{{33}}", bits=3.5),
    KeyKind("npm-token", "npm_", rf"npm_{A}{{36}}", proofs.github),
    KeyKind("pypi-token", "pypi-Ag", rf"pypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw){U}{{70,1000}}"),
    KeyKind("rubygems-token", "rubygems_", rf"rubygems_{H}{{48}}"),
    KeyKind("dockerhub-token", "dckr_", rf"dckr_(?:pat_{U}{{27}}|oat_{U}{{32}})"),
    KeyKind("digitalocean-token", "do[opr]_v1_", rf"do[opr]_v1_{H}{{64}}"),
    KeyKind("heroku-key", "HRKU-AA", rf"HRKU-AA{U}{{58}}"),
    KeyKind("cloudflare-token", "cf(?:k|ut|at)_", rf"cf(?:k|ut|at)_{A}{{40}}{H}{{8}}"),
    KeyKind("cloudflare-origin-ca-key", r"v1\.0-", rf"v1\.0-{H}{{24}}-{H}{{146}}"),
    KeyKind("databricks-token", "dapi", rf"dapi{H}{{32}}(?:-\d)?", bits=3.0),
    KeyKind("shopify-token", "shp(?:at|ca|pa|ss|ua)_", r"shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32}"),
    KeyKind("square-token", "sq0", rf"sq0atp-{U}{{22}}|sq0csp-{U}{{43}}"),
    KeyKind("braintree-token", r"access_token\$", rf"access_token\$(?:production|sandbox)\$[0-9a-z]{{16}}\${H}{{32}}"),
    KeyKind("azure-storage-key", "(?i:AccountKey|storage[_ a-z-]*key)", r"(?i:AccountKey|storage[_ -]?(?:account[_ -]?)?key)[\"']?\s*[=:]\s*[\"']?([A-Za-z0-9+/]{86}==)", proofs.storage_key, whole=False),
    KeyKind("azure-client-secret", "Q~", r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", bits=3.0),
    KeyKind("jwt", r"\.eyJ", rf"eyJ{U}{{10,}}\.eyJ{U}{{10,}}\.{U}{{20,}}", proofs.jwt),
    KeyKind("private-key", "-----BEGIN ", r"-----BEGIN (?:(?:RSA|DSA|EC|OPENSSH|ENCRYPTED|SSH2 ENCRYPTED|ANY) )?PRIVATE KEY-----(?:\s|\\n|\\r)*[A-Za-z0-9+/=\s\\:,-]{64,}", whole=False),
    KeyKind("pgp-private-key", "-----BEGIN PGP", r"-----BEGIN PGP PRIVATE KEY BLOCK-----[\s\S]{64,}?(?=-----END|$)", whole=False),
    KeyKind("putty-private-key", "PuTTY-User-Key", r"PuTTY-User-Key-File-[23]: (?:ssh-|ecdsa-)[^\n]*\n[\s\S]{64,}", whole=False),
    KeyKind("age-secret-key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    KeyKind("vault-token", r"hv[srb]\.", rf"hv[sr]\.{U}{{90,120}}|hvb\.{U}{{138,300}}", bits=3.5),
    KeyKind("terraform-token", r"\.atlasv1\.", rf"{A}{{14}}\.atlasv1\.[A-Za-z0-9_=-]{{60,70}}", bits=3.5),
    KeyKind("pulumi-token", "pul-", rf"pul-{H}{{40}}"),
    KeyKind("grafana-token", "glsa_", rf"glsa_{A}{{32}}_{H}{{8}}", proofs.grafana),
    KeyKind("grafana-cloud-token", "glc_eyJ", r"glc_eyJ[A-Za-z0-9+/]{29,400}={0,3}"),
    KeyKind("new-relic-key", "NR(?:AK|RA|BR)-", r"NR(?:AK|RA|BR)-[A-Z0-9]{27}", bits=3.0),
    KeyKind("sentry-token", "sntr", rf"sntrys_eyJ[A-Za-z0-9+/]{{20,400}}={{0,2}}_[A-Za-z0-9+/]{{43}}|sntry[uai]_{H}{{64}}"),
    KeyKind("datadog-key", "(?i:datadog)", r"(?i:datadog)[_ -]?(?i:api|app|application)[_ -]?(?i:key)[\"']?\s*(?:=>|[=:])\s*[\"']?([0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-f])", bits=3.0, whole=False),
    KeyKind("linear-key", "lin_", rf"lin_(?:api|oauth)_{A}{{40,64}}"),
    KeyKind("notion-token", "ntn_", rf"ntn_[0-9]{{11}}{A}{{35}}"),
    KeyKind("figma-token", "figd_", rf"figd_{U}{{38,42}}"),
    KeyKind("airtable-token", r"\.[0-9a-f]{16}", rf"pat{A}{{14}}\.{H}{{64}}"),
    KeyKind("postman-key", "PMAK-", rf"PMAK-{H}{{24}}-{H}{{34}}"),
    KeyKind("replicate-token", "r8_", rf"r8_{A}{{37}}"),
    KeyKind("groq-key", "gsk_", rf"gsk_{A}{{52}}"),
    KeyKind("xai-key", "xai-", rf"xai-{A}{{80}}"),
    KeyKind("perplexity-key", "pplx-", rf"pplx-{A}{{48}}"),
    KeyKind("wandb-key", "(?i:wandb)", rf"wandb_v1_[A-Za-z0-9_]{{77}}|(?i:wandb)[A-Za-z0-9_. -]{{0,20}}[\"']?\s*(?:=>|[=:])\s*[\"']?({H}{{40}})(?!{H})", bits=3.0, whole=False),
    KeyKind("supabase-token", "sbp_|sb_secret_", rf"sbp_{H}{{40}}|sb_secret_{U}{{31}}"),
    KeyKind("planetscale-token", "pscale_", r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_=.-]{32,64}", bits=3.0),
    KeyKind("doppler-token", r"dp\.(?:pt|ct|sa|scim|audit|st)\.", rf"dp\.(?:pt|ct|sa|scim|audit|st(?:\.[a-z0-9_-]{{2,35}})?)\.{A}{{40,44}}"),
    KeyKind("atlassian-token", "ATATT3", r"ATATT3[A-Za-z0-9_=-]{186}", bits=3.5),
    KeyKind("bitbucket-password", "ATBB", rf"ATBB{A}{{24}}[A-F0-9]{{8}}"),
    KeyKind("1password-token", "ops_eyJ", r"ops_eyJ[A-Za-z0-9+/]{250,}={0,3}"),
    KeyKind("alibaba-access-key-id", "LTAI", rf"LTAI{A}{{20}}(?![+/=])", bits=3.0),
    KeyKind("clickhouse-secret", "4b1d", rf"4b1d{A}{{38}}", proofs.has_capital, bits=4.0),
    KeyKind("url-with-password", "://[^/@ ]+:[^/@ ]+@", r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/?#@\"'<>\[\]{}$`]{0,64}:([^\s/?#@\"'<>{}$`]{6,128})@(?!localhost|127\.|example\.)[A-Za-z0-9\[]", proofs.mixed, whole=False),
    KeyKind("password", "(?i:passw[a-z]*|pwd|secret|key|token)[\"']? ?[:=]", r"(?i:(?:(?<![A-Za-z])|(?<=\\[nrt]))(?:pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?key)?|client[_-]?secret|api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token|private[_-]?key))[\"']?\s*(?::=|=>|[=:])\s*[\"'`]([^\"'`\s]{10,128})[\"'`]", proofs.password, bits=3.5, whole=False),
)  # fmt: skip
"""All kinds; the more general ones come last, and give way where one before them was found."""
BEFORE, BEHIND = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))", r"(?![A-Za-z0-9_-])"
PROVEN = r"(?:(?<![A-Za-z0-9-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
"""The same where a checksum tells a key: an underscore may stand before it."""


@cache
def patterns() -> tuple[tuple[KeyKind, re.Pattern[str], re.Pattern[str]], ...]:
    """Each kind with its hint and its form."""
    return tuple(
        (
            one,
            re.compile(one.hint),
            re.compile(f"{PROVEN if one.proof else BEFORE}(?:{one.form}){BEHIND}" if one.whole else one.form),
        )
        for one in KEYS
    )


HINTS = "|".join(dict.fromkeys(one.hint for one in KEYS))
"""What every text with a key has, as RE2 reads it."""
