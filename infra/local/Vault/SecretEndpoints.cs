using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Atp.Local.Vault;

/// <summary>The paths of Key Vault's secrets, and the shapes of its answers.</summary>
/// <param name="endpoint">The vault's own address, for the ids: asked for at each request, since the port isn't
/// known before the server has started.</param>
internal sealed class SecretEndpoints(SecretStore store, Func<Uri> endpoint)
{
    private const int MaxPage = 25; // the service's limit and default
    private const int RecoverableDays = 90;
    private const string SkipToken = "$skiptoken";

    public void Map(WebApplication application)
    {
        application.MapGet("/secrets", (HttpRequest request) =>
            Page(request, store.List(deleted: false), s => s.Name, s => Describe(s)));
        application.MapPut("/secrets/{name}", SetAsync);
        application.MapGet("/secrets/{name}", (string name) => Json(WithValue(store.Get(name, version: null))));
        application.MapGet("/secrets/{name}/{version}", (string name, string version) =>
            Json(WithValue(store.Get(name, version))));
        application.MapGet("/secrets/{name}/versions", (HttpRequest request, string name) =>
            Page(request, store.ListVersions(name), v => v.Version.Version, v => Describe(v.Secret, v.Version)));
        application.MapPatch("/secrets/{name}/{version}", UpdateAsync);
        application.MapDelete("/secrets/{name}", (string name) => Json(DescribeDeleted(store.Delete(name), withVersion: true)));
        application.MapGet("/deletedsecrets", (HttpRequest request) =>
            Page(request, store.List(deleted: true), s => s.Name, s => DescribeDeleted(s, withVersion: false)));
        application.MapGet("/deletedsecrets/{name}", (string name) =>
            Json(DescribeDeleted(store.GetDeleted(name), withVersion: true)));
        application.MapPost("/deletedsecrets/{name}/recover", (string name) =>
        {
            var secret = store.Recover(name);
            return Json(Describe(secret, secret.Current));
        });
        application.MapDelete("/deletedsecrets/{name}", (string name) =>
        {
            store.Purge(name);
            return Results.NoContent();
        });
    }

    private async Task<IResult> SetAsync(HttpRequest request, string name)
    {
        var secret = store.Set(name, await ReadAsync<SetSecretBody>(request));
        return Json(WithValue((secret, secret.Current)));
    }

    private async Task<IResult> UpdateAsync(HttpRequest request, string name, string version)
    {
        var (secret, updated) = store.Update(name, version, await ReadAsync<UpdateSecretBody>(request));
        return Json(Describe(secret, updated));
    }

    private static async Task<T> ReadAsync<T>(HttpRequest request)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, SecretJson.Options, request.HttpContext.RequestAborted)
                ?? throw VaultException.BadParameter("The request body is missing.");
        }
        catch (JsonException e)
        {
            throw VaultException.BadParameter($"The request body is not the expected JSON: {e.Message}");
        }
    }

    private IResult Page<T>(HttpRequest request, IEnumerable<T> sorted, Func<T, string> key, Func<T, SecretAnswer> describe)
    {
        var size = MaxPage;
        if (request.Query.TryGetValue("maxresults", out var wanted)
            && (!int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out size) || size is < 1 or > MaxPage))
        {
            throw VaultException.BadParameter($"maxresults must be between 1 and {MaxPage}.");
        }
        var after = request.Query[SkipToken].ToString();
        var rest = sorted.Where(i => string.Compare(key(i), after, StringComparison.OrdinalIgnoreCase) > 0)
            .Take(size + 1)
            .ToList();
        var page = rest.Take(size).ToList();
        return Json(new PageAnswer([.. page.Select(describe)], rest.Count > size ? NextLink(request, size, key(page[^1])) : null));
    }

    private string NextLink(HttpRequest request, int size, string after)
    {
        var version = Uri.EscapeDataString(request.Query["api-version"].ToString());
        var query = string.Create(CultureInfo.InvariantCulture, $"api-version={version}&maxresults={size}&{SkipToken}={after}");
        return new Uri(endpoint(), $"{request.Path}?{query}").AbsoluteUri;
    }

    private SecretAnswer WithValue((Secret Secret, SecretVersion Version) found) =>
        Describe(found.Secret, found.Version) with { Value = found.Version.Value };

    private SecretAnswer Describe(Secret secret, SecretVersion? version = null)
    {
        var shown = version ?? secret.Current;
        return new SecretAnswer
        {
            Id = Id("secrets", secret.Name) + (version is null ? "" : $"/{version.Version}"),
            ContentType = shown.ContentType,
            Tags = shown.Tags,
            Attributes = new AttributesAnswer(shown.Enabled, shown.NotBefore, shown.Expires, shown.Created, shown.Updated,
                "Recoverable+Purgeable", RecoverableDays),
        };
    }

    private SecretAnswer DescribeDeleted(Secret secret, bool withVersion)
    {
        return Describe(secret, withVersion ? secret.Current : null) with
        {
            RecoveryId = Id("deletedsecrets", secret.Name),
            DeletedDate = secret.DeletedAt!.Value.ToUnixTimeSeconds(),
            ScheduledPurgeDate = secret.DeletedAt.Value.AddDays(RecoverableDays).ToUnixTimeSeconds(),
        };
    }

    private string Id(string collection, string name) => new Uri(endpoint(), $"{collection}/{name}").AbsoluteUri;

    private static IResult Json<T>(T answer) => Results.Json(answer, SecretJson.Options);
}
