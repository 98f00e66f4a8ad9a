using Atp.Core.Telemetry;

namespace Atp.Core.Tests.Telemetry;

/// <summary>What an exported address or text still says, and what it doesn't.</summary>
public sealed class ScrubTests
{
    [Theory]
    [InlineData("https://a.queue.core.windows.net/device-reports/messages?sv=2026&sig=S3cret%3D", "https://a.queue.core.windows.net/device-reports/messages")]
    [InlineData("https://a.queue.core.windows.net/q/messages/5f2b?popreceipt=AgAAS3cret", "https://a.queue.core.windows.net/q/messages/{id}")]
    [InlineData("https://v.vault.azure.net/secrets/policy-1-workspace-key/0f3c?api-version=7.6", "https://v.vault.azure.net/secrets/{name}")]
    [InlineData("https://v.vault.azure.net/deletedsecrets/policy-1-workspace-key", "https://v.vault.azure.net/deletedsecrets/{name}")]
    [InlineData("https://a.table.core.windows.net/fleet(PartitionKey='0a',RowKey='ann-s-laptop')?$format=json", "https://a.table.core.windows.net/fleet({key})")]
    [InlineData("https://a.table.core.windows.net/fleet()?$filter=RowKey%20eq%20'ann-s-laptop'", "https://a.table.core.windows.net/fleet()")]
    [InlineData("https://user:S3cret@host/path#S3cret", "https://host/path")]
    [InlineData("https://a.blob.core.windows.net/onboarding/policies/1/2", "https://a.blob.core.windows.net/onboarding/policies/1/2")]
    [InlineData("/api/deployments/1", "/api/deployments/1")]
    public void An_address_keeps_what_kind_of_thing_it_is_of(string address, string kept) => Assert.Equal(kept, Scrub.Address(address));

    [Theory]
    [InlineData("GET https://h/q?se=2026&sig=abcdefgh%3D failed", "GET https://h/q?se=2026&sig=*** failed")]
    [InlineData("Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl", "Authorization: Bearer ***")]
    [InlineData("it was eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl", "it was ***")]
    [InlineData("SharedAccessSignature sr=up-1&sig=abcdefgh&se=1", "SharedAccessSignature ***")]
    [InlineData("AccountName=a;AccountKey=QUJDREVGR0g=;", "AccountName=a;AccountKey=***;")]
    [InlineData("{\"workspaceKey\":\"QUJDREVGR0g=\"}", "{\"workspaceKey\":\"***\"}")]
    [InlineData("Secret https://v/secrets/policy-1-workspace-key/0f3c was not found", "Secret https://v/secrets/*** was not found")]
    public void A_text_loses_the_credentials_in_it(string text, string kept) => Assert.Equal(kept, Scrub.Text(text));

    [Theory]
    [InlineData("Roll-up 20260304T050607000Z complete: 500 devices in 12 scopes")]
    [InlineData("Refused a POST from 10.0.0.1: token.invalid IDX10503")]
    [InlineData("The key is missing.")]
    public void Any_other_text_stays_the_very_same(string text) => Assert.Same(text, Scrub.Text(text));
}
