using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Atp.Cli.Client;

namespace Atp.Cli.Doctor;

/// <summary>A server: whether it answers as this service, lets the caller in, and what it says of itself.</summary>
/// <param name="server">Its root.</param>
/// <param name="connect">Makes a client with a token.</param>
/// <param name="clock">This machine's.</param>
internal sealed class ServerChecks(Uri server, Func<AtpClient> connect, TimeProvider clock)
{
    private const string Title = "Atp.Functions";
    private const string Version = "1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>What the server's own check of a token bears.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan SomeSkew = TimeSpan.FromSeconds(30);

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var answers = true;
        foreach (var finding in await DescriptionAsync(ct))
        {
            yield return finding;
            answers &= finding.Level != FindingLevel.Fault || finding.Check != "Server";
        }

        foreach (var finding in await TokenAsync(answers, ct))
        {
            yield return finding;
        }
    }

    private async Task<List<Finding>> DescriptionAsync(CancellationToken ct)
    {
        const string Check = "Server";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        using var http = ServerOptions.NewHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, "/api/openapi.json"));
        try
        {
            var asked = clock.GetUtcNow();
            using var answer = await Http.SendAsync(http, request, patience.Token);
            var answered = clock.GetUtcNow();
            var findings = new List<Finding> { await WhatAsync(answer, patience.Token) };
            if (answer.Headers.Date is { } date)
            {
                findings.Add(Clock(date, asked, answered));
            }

            return findings;
        }
        catch (CommandException e)
        {
            return [Finding.Fault(Check, e.Message)];
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return [Finding.Fault(Check, $"{server} takes the connection, but doesn't answer within {Patience.TotalSeconds} seconds.", "Its log says why.")];
        }
    }

    private async Task<Finding> WhatAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        const string Check = "Server";
        const string WhatToDo = "Give the service's root with --server, without /api.";
        if (!answer.IsSuccessStatusCode)
        {
            return Finding.Fault(Check, $"{server} answers {(int)answer.StatusCode}: it is not this service.", WhatToDo);
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(ct), default, ct);
            var info = document.RootElement.GetProperty("info");
            var (title, version) = (info.GetProperty("title").GetString(), info.GetProperty("version").GetString());
            return title != Title ? Finding.Fault(Check, $"{server} is another service.", WhatToDo)
                : version != Version ? Finding.Warning(Check, $"{server} has version {version} of the API; this command is made for {Version}.", "Use the command of that version.")
                : Finding.Ok(Check, $"{server} answers, version {version} of the API");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return Finding.Fault(Check, $"{server} is another service.", WhatToDo);
        }
    }

    /// <summary>The header is of a whole second, somewhere between asking and the answer.</summary>
    private static Finding Clock(DateTimeOffset server, DateTimeOffset asked, DateTimeOffset answered)
    {
        const string Check = "Clock";
        var ahead = asked - server.AddSeconds(1); // at least so much is this machine's clock ahead
        var behind = server - answered;
        var skew = ahead > TimeSpan.Zero ? ahead : behind > TimeSpan.Zero ? behind : TimeSpan.Zero;
        var detail = string.Create(CultureInfo.InvariantCulture,
            $"This machine's clock is {skew.TotalSeconds:F0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the server's.");
        return skew > MostSkew ? Finding.Fault(Check, detail, "Set the clock; tokens and reports go by it.")
            : skew > SomeSkew ? Finding.Warning(Check, detail, "Set the clock; more than 2 minutes and tokens are refused.")
            : Finding.Ok(Check, "agrees with the server's");
    }

    private async Task<List<Finding>> TokenAsync(bool answers, CancellationToken ct)
    {
        const string Check = "Token";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        AtpClient client;
        TokenClaims? claims;
        try
        {
            client = connect();
            claims = TokenClaims.TryRead(await client.TokenAsync(patience.Token));
        }
        catch (CommandException e)
        {
            return [Finding.Fault(Check, e.Message)];
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return [Finding.Fault(Check, $"The local stack gives none within {Patience.TotalSeconds} seconds.", "Start it again with `atp up`.")];
        }

        if (claims is null)
        {
            return [Finding.Fault(Check, "It is no access token (JWT).", "Give a fresh one with --token-file.")];
        }

        var findings = new List<Finding> { Describe(claims) };
        if (answers)
        {
            findings.AddRange(await SiteAsync(client, claims, patience.Token, ct));
        }

        return findings;
    }

    private Finding Describe(TokenClaims claims)
    {
        const string Check = "Token";
        var now = clock.GetUtcNow();
        return claims switch
        {
            { ExpiresAt: { } end } when end < now => Finding.Fault(Check, $"It expired at {end:u}.", "Give a fresh one with --token-file."),
            { NotBefore: { } start } when start > now + MostSkew => Finding.Fault(Check, $"It is valid from {start:u} only.", "Look at the clocks of this machine and of whoever made it."),
            { Roles: [] } => Finding.Fault(Check, $"It is of {claims.Subject} and has no app role.", "Ask whoever assigns the app's roles in Entra ID for one."),
            _ => Finding.Ok(Check, $"of {claims.Subject}, until {claims.ExpiresAt:u}"),
        };
    }

    private static async Task<List<Finding>> SiteAsync(AtpClient client, TokenClaims claims, CancellationToken patience, CancellationToken ct)
    {
        try
        {
            return Describe(await client.GetSiteAsync(patience), claims);
        }
        catch (ProblemException e) when (e.Status == 401)
        {
            return [Finding.Fault("Access", $"The server refuses the token, which is by {claims.Issuer} for {claims.Audience}. {e.Message}",
                "It must be by the server's Atp:Entra:Authority, and for its Atp:Entra:Audience.")];
        }
        catch (ProblemException e) when (e.Status == 403)
        {
            return [Finding.Fault("Access", $"None of the roles {string.Join(", ", claims.Roles)} is one of the service's.", "Ask whoever assigns the app's roles in Entra ID.")];
        }
        catch (Exception e) when (e is ProblemException or CommandException)
        {
            return [Finding.Fault("Access", e.Message, "The service's log says why.")];
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return [Finding.Fault("Access", $"GET /api/site is not answered within {Patience.TotalSeconds} seconds.", "The service's log says why.")];
        }
    }

    private static List<Finding> Describe(SiteAnswer site, TokenClaims claims)
    {
        var lacking = site.Roles.All.Except(site.Roles.Yours).ToList();
        var findings = new List<Finding>
        {
            site.Roles.Yours.Order().SequenceEqual(claims.Roles.Intersect(site.Roles.All).Order())
                ? Finding.Ok("Roles", string.Join(", ", site.Roles.Yours) + (lacking.Count == 0 ? "" : $"; without {string.Join(", ", lacking)}"))
                : Finding.Warning("Roles", $"The token says {string.Join(", ", claims.Roles)}, the server takes it for {string.Join(", ", site.Roles.Yours)}."),
        };
        if (site.Figures is { Stale: false, AsOf: { } asOf })
        {
            findings.Add(Finding.Ok("Figures", $"as of {asOf:u}"));
        }

        findings.AddRange(site.Warnings.Select(warning => Finding.Warning("Site", warning, WhatToDo(warning))));
        if (site.Warnings.Count == 0)
        {
            findings.Add(Finding.Ok("Site", "has no warnings"));
        }

        return findings;
    }

    private static string? WhatToDo(string warning) =>
        warning.Contains("-poison holds", StringComparison.Ordinal) ? $"`atp poison show {warning.Split(' ')[1]}` says which." : null;
}
