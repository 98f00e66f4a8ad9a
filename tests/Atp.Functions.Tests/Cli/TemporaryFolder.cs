namespace Atp.Functions.Tests.Cli;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("atp-cli-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
