using System.Text.Json;
using Atp.Cli.Client;

namespace Atp.Cli.Simulation;

/// <summary>The keys of simulated devices, one JSON object a line. For its user only: who has a key is that device.</summary>
internal static class KeysFile
{
    /// <summary>In the order in which the devices first come; of one that comes again, the later key.</summary>
    /// <exception cref="CommandException">When a line is no key.</exception>
    public static List<DeviceKey> Read(FileInfo file)
    {
        var keys = new List<DeviceKey>();
        foreach (var line in File.ReadLines(file.FullName).Where(line => line.Length > 0))
        {
            try
            {
                keys.Add(JsonSerializer.Deserialize<DeviceKey>(line, AtpClient.Json)!);
            }
            catch (JsonException e)
            {
                throw new CommandException($"{file.Name}, line {keys.Count + 1}, is no device key: {e.Message}", e);
            }
        }

        return [.. keys.GroupBy(key => key.DeviceId).Select(device => device.Last())];
    }

    public static async Task WriteAsync(StreamWriter file, IEnumerable<DeviceKey> keys, CancellationToken ct)
    {
        foreach (var key in keys)
        {
            await file.WriteLineAsync(JsonSerializer.Serialize(key, AtpClient.Json).AsMemory(), ct);
        }

        await file.FlushAsync(ct); // they are handed out only once
    }

    /// <summary>A new file, or an error when there is one.</summary>
    public static StreamWriter Create(FileInfo file)
    {
        if (file.Exists)
        {
            throw new CommandException($"{file.FullName} is there already. Keys are never overwritten: choose another name.");
        }

        return PrivateFiles.Create(file.FullName);
    }
}
