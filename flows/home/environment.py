"""The environment variables that Relance reads, each declared once; keys and database addresses are never shown.

May touch: the environment. Tests: tests/unit/test_environment.py.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

PUBLIC_HOST = "https://api.sendgrid.com"


class Environment(BaseSettings):
    """One firm's variables; an empty one counts as not set.

    Attributes:
        home: the firm's folder, where a command or flow is not told another.
        database_url: a database other than the embedded one.
        sendgrid_api_key, sendgrid_api_key_file: the key, or the file that holds it.
        sendgrid_host: another address than SendGrid's public one.
        web_key, web_key_file: the secret from which page links are derived, or the file that holds it.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True, populate_by_name=False
    )

    home: Path = Field(Path(), validation_alias="RELANCE_HOME")
    database_url: SecretStr | None = Field(None, validation_alias="RELANCE_DATABASE_URL")
    sendgrid_api_key: SecretStr = Field(SecretStr(""), validation_alias="SENDGRID_API_KEY")
    sendgrid_api_key_file: Path | None = Field(None, validation_alias="SENDGRID_API_KEY_FILE")
    sendgrid_host: str = Field(PUBLIC_HOST, validation_alias="SENDGRID_HOST")
    web_key: SecretStr = Field(SecretStr(""), validation_alias="RELANCE_WEB_KEY")
    web_key_file: Path | None = Field(None, validation_alias="RELANCE_WEB_KEY_FILE")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read only what the caller gives: the process's own environment, or a test's."""
        return (init_settings,)


def read_environment(environment: Mapping[str, str]) -> Environment:
    """The variables that are set, typed."""
    source = EnvSettingsSource(Environment)
    source.env_vars = {name.lower(): value for name, value in environment.items() if value}
    return Environment(**source())
