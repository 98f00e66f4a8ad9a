using System.Text.Json;
using Atp.Cli.Client;

namespace Atp.Cli.Audit;

/// <summary>The last entry of a chain as it was at a verification.</summary>
internal sealed record AuditAnchor(int Sequence, string Hash);

/// <summary>
/// The ends of all chains as they were, kept in a file outside of the service: whoever can write its storage can make a chain that
/// holds in itself, but none with the same end.
/// </summary>
/// <param name="Server">The site that they are of.</param>
/// <param name="KeptAt">When, UTC.</param>
/// <param name="Chains">By partition.</param>
internal sealed record AuditAnchors(Uri Server, DateTimeOffset KeptAt, SortedDictionary<string, AuditAnchor> Chains)
{
    /// <summary>None while there is no file yet.</summary>
    /// <exception cref="CommandException">It is no such file, or of another site.</exception>
    public static AuditAnchors Read(FileInfo file, Uri server)
    {
        if (!file.Exists)
        {
            return new AuditAnchors(server, DateTimeOffset.MinValue, new SortedDictionary<string, AuditAnchor>(StringComparer.Ordinal));
        }

        try
        {
            using var stream = file.OpenRead();
            var anchors = JsonSerializer.Deserialize<AuditAnchors>(stream, AtpClient.Json);
            return anchors is not { Server: not null, Chains: not null } ? throw new JsonException("It has no anchors.")
                : anchors.Server == server ? anchors
                : throw new CommandException($"{file.FullName} is of {anchors.Server}, not of {server}.");
        }
        catch (JsonException e)
        {
            throw new CommandException($"{file.FullName} is no file of anchors: {e.Message}", e);
        }
    }

    /// <summary>All of it or nothing.</summary>
    public void Write(FileInfo file)
    {
        var next = $"{file.FullName}.next";
        File.Delete(next);
        PrivateFiles.Create(next, JsonSerializer.Serialize(this, AtpClient.Json));
        File.Move(next, file.FullName, overwrite: true);
    }
}
