using System.Text;

namespace Atp.Cli.Exports;

/// <summary>A file that is there only when it is whole: written under another name beside it, and renamed at the end.</summary>
internal static class ExportFile
{
    private const int BufferBytes = 64 * 1024;

    /// <param name="file">Replaced if it is there.</param>
    /// <param name="write">Writes all of it.</param>
    /// <exception cref="CommandException">It can't be written.</exception>
    public static async Task WriteAsync(FileInfo file, Func<TextWriter, Task> write)
    {
        var partial = $"{file.FullName}.{Guid.NewGuid():N}.partial";
        try
        {
            await using (var writer = new StreamWriter(partial, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferBytes))
            {
                await write(writer);
            }

            File.Move(partial, file.FullName, overwrite: true);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            throw new CommandException($"{file.FullName} can't be written: {e.Message}", e);
        }
        finally
        {
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }
}
