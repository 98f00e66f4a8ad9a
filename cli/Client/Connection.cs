using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Atp.Cli.Client;

/// <summary>
/// Where the running local stack is and how to get a token from it. <c>atp up</c> writes it, readable by its user only, and
/// removes it when it ends; the other commands read it.
/// </summary>
/// <param name="Server">The API's root, without <c>/api</c>.</param>
/// <param name="TokenEndpoint">Takes a client_credentials grant.</param>
/// <param name="ClientId">The local administrator's application.</param>
/// <param name="Scope">What to ask the token for.</param>
/// <param name="ProcessId">The process of <c>atp up</c>.</param>
public sealed record Connection(Uri Server, Uri TokenEndpoint, string ClientId, string Scope, int ProcessId)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>In a file of its own, where curl can read it too.</summary>
    [JsonIgnore]
    public string ClientSecret { get; init; } = "";

    public static string PathIn(string folder) => Path.Combine(folder, "connection.json");

    public static string SecretPathIn(string folder) => Path.Combine(folder, "client-secret");

    /// <returns>Null when no stack runs there.</returns>
    public static Connection? Find(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<Connection>(File.ReadAllBytes(PathIn(folder)), Json)! with
            {
                ClientSecret = File.ReadAllText(SecretPathIn(folder)),
            };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new CommandException($"{PathIn(folder)} can't be read. Delete it, and start the local stack again with `atp up`.", e);
        }
    }

    /// <summary>Whether that process still runs: one that was killed couldn't remove the file.</summary>
    public bool IsAlive()
    {
        try
        {
            using var process = Process.GetProcessById(ProcessId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        Remove(folder);
        PrivateFiles.Create(SecretPathIn(folder), ClientSecret);
        PrivateFiles.Create(PathIn(folder), JsonSerializer.Serialize(this, Json));
    }

    public static void Remove(string folder)
    {
        File.Delete(PathIn(folder));
        File.Delete(SecretPathIn(folder));
    }
}
