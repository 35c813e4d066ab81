"""The signing keys of a domain, for the engine: SQL, and the way from a row to a key."""

from uuid import UUID

from django.conf import settings

from relay_saas.mail.dkim import Algorithm, SigningKey, load_key
from relay_saas.vault import unseal

#: Parameters: tenant id, sending domain id. RSA comes before Ed25519 (docs/adr/0005-identity.md).
SIGNING_KEYS_SQL = """
select d.name, k.selector, k.algorithm, k.private_sealed
from accounts_dkimkey k join accounts_sendingdomain d on d.id = k.domain_id and d.tenant_id = k.tenant_id
where k.tenant_id = %s and k.domain_id = %s and k.active and (d.signs_ed25519 or k.algorithm = 'rsa-sha256')
order by k.algorithm desc
"""


def platform_key() -> SigningKey | None:
    """The installation's own RSA key, if the settings name one; raises BadKey."""
    if not settings.RELAY_PLATFORM_KEY:
        return None
    return load_key(
        domain=settings.RELAY_PLATFORM_DOMAIN,
        selector=settings.RELAY_PLATFORM_SELECTOR,
        algorithm="rsa-sha256",
        pem=settings.RELAY_PLATFORM_KEY,
    )


def key_aad(tenant_id: UUID, domain_name: str, selector: str) -> bytes:
    """What a sealed DKIM key is bound to."""
    return f"dkim:{tenant_id}:{domain_name}:{selector}".encode()


def signing_key(
    tenant_id: UUID, domain: str, selector: str, algorithm: Algorithm, sealed: bytes
) -> SigningKey:
    """Opens a row of SIGNING_KEYS_SQL; raises SealBroken. Nobody without the vault's key has sealed it."""
    pem = unseal(bytes(sealed), key_aad(tenant_id, domain, selector))
    return load_key(domain=domain, selector=selector, algorithm=algorithm, pem=pem, known=True)
