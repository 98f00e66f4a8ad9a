using System.Net;
using Atp.Functions.Http;
using Atp.Functions.Tests.Http;

namespace Atp.Functions.Tests.Feed;

/// <summary>How Power BI and Excel learn where to sign in: they ask with an empty token first, and read the refusal.</summary>
public sealed class FeedSignInTests(TestStack stack)
{
    [Theory]
    [InlineData("https://login.microsoftonline.com/3df2eaf6-33d0-4a10-8ce8-7e596000ebe7/v2.0", "Bearer authorization_uri=\"https://login.microsoftonline.com/3df2eaf6-33d0-4a10-8ce8-7e596000ebe7/oauth2/authorize\"")]
    [InlineData("https://login.microsoftonline.us/contoso/v2.0/", "Bearer authorization_uri=\"https://login.microsoftonline.us/contoso/oauth2/authorize\"")]
    [InlineData("https://login.microsoftonline.com/contoso/", "Bearer authorization_uri=\"https://login.microsoftonline.com/contoso/oauth2/authorize\"")]
    [InlineData("https://login.microsoftonline.com/contoso", "Bearer authorization_uri=\"https://login.microsoftonline.com/contoso/oauth2/authorize\"")]
    [InlineData("http://127.0.0.1:41000/contoso/v2.0", "Bearer")]
    public void A_caller_without_a_token_is_told_where_the_tenant_signs_people_in(string authority, string challenge) =>
        Assert.Equal(challenge, new EntraOptions { Authority = new Uri(authority) }.Challenge);

    [Fact]
    public async Task A_sign_in_that_begins_with_an_empty_token_is_answered_with_the_address_to_go_on_at()
    {
        await using var host = await AtpHost.StartAsync(stack, new AtpHostOptions { Settings = { ["Atp:Entra:Authority"] = "https://127.0.0.1:1/contoso/v2.0" } });
        using var powerBi = host.Anonymous();
        powerBi.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "Bearer");

        using var answer = await powerBi.GetAsync("/api/feed", TestContext.Current.CancellationToken);

        await answer.ProblemAsync(HttpStatusCode.Unauthorized, "token.missing");
        Assert.Equal("authorization_uri=\"https://127.0.0.1:1/contoso/oauth2/authorize\"", Assert.Single(answer.Headers.WwwAuthenticate).Parameter);
    }
}
