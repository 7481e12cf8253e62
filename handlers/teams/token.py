"""Whether Microsoft gives the bot a token, asked as the SDK asks; `doctor --online` says the sentence."""

from typing import Any

LOGIN = "https://login.microsoftonline.com"
SCOPE = "https://api.botframework.com/.default"
WITHIN_SECONDS = 10
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
WHY = {
    7000215: "Microsoft does not take TEAMS_APP_SECRET. Copy the secret's value, not its ID; it is shown only once.",
    7000222: (
        "The client secret in TEAMS_APP_SECRET has expired. Make a new one in Microsoft Entra, under App "
        "registrations, Certificates & secrets, and start the bot again."
    ),
    700016: (
        "Microsoft knows no app TEAMS_APP_ID in the tenant TEAMS_TENANT_ID. "
        "Copy both from the Azure Bot, under Configuration."
    ),
    90002: "Microsoft knows no tenant TEAMS_TENANT_ID. Copy the App Tenant ID from the Azure Bot, under Configuration.",
    7000112: "The app TEAMS_APP_ID is disabled. Enable it in Microsoft Entra, under Enterprise applications.",
}
AWAY = "Microsoft could not be asked for a token. This machine must reach login.microsoftonline.com on port 443."


def trouble(app_id: str, secret: str, tenant: str, session: Any = None) -> str:
    """Why there is no token for what the bot sends; "" when there is one.

    `session` stands in for the client's own, of `requests`. The secret goes to Microsoft and into no sentence.
    https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
    """
    from msal import ConfidentialClientApplication  # the SDK gets its tokens by the same library
    from requests import RequestException

    way = {"http_client": session} if session else {"timeout": WITHIN_SECONDS}
    try:
        client = ConfidentialClientApplication(
            app_id, client_credential=secret, authority=f"{LOGIN}/{tenant}", instance_discovery=False, **way
        )
        told = client.acquire_token_for_client([SCOPE])
    except RequestException:
        return AWAY
    except ValueError:  # the tenant describes no place where tokens are given
        return WHY[90002]
    return "" if told.get("access_token") else _why(told)


def _why(told: dict[str, Any]) -> str:
    codes = [code for code in told.get("error_codes") or () if isinstance(code, int)]
    known = next((WHY[code] for code in codes if code in WHY), "")
    said = f"AADSTS{codes[0]}" if codes else str(told.get("error") or "no reason given")[:60]
    return known or f"Microsoft gives the bot no token ({said}). Look for that code in Microsoft Entra, Sign-in logs."
