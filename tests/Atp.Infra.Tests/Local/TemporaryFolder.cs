namespace Atp.Infra.Tests.Local;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("atp-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
