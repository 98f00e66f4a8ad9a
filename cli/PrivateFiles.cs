namespace Atp.Cli;

/// <summary>Files that only their user may read.</summary>
internal static class PrivateFiles
{
    /// <summary>A new, empty file that is written from the start.</summary>
    /// <exception cref="IOException">When there is one already.</exception>
    public static StreamWriter Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new StreamWriter(path, options);
    }

    public static void Create(string path, string content)
    {
        using var file = Create(path);
        file.Write(content);
    }
}
