using System.IO.Compression;
using Atp.Core.Errors;

namespace Atp.Core.Policies;

/// <summary>Finds the configuration file in what was uploaded: the .zip as downloaded, or the file in it.</summary>
public static class PackageReader
{
    /// <summary>1 MiB: a real file has about 7 KB.</summary>
    public const int MaxBytes = 1024 * 1024;

    public const string Field = "configurationFile";

    private const int MaxEntries = 64;
    private const string RightDownload =
        "In Settings > Onboarding (or Offboarding), choose Windows 10 and the deployment method "
        + "'Microsoft Endpoint Configuration Manager current branch and later', and upload that package.";

    private static readonly byte[] ZipMagic = "PK\x03\x04"u8.ToArray();
    private static readonly string[] FileExtensions = [".onboarding", ".offboarding"];

    /// <returns>The file's own name, and its bytes exactly as they are: its content is signed.</returns>
    /// <exception cref="DomainException">Invalid, with the field and a code that says what is wrong.</exception>
    public static (string FileName, byte[] Content) Read(string uploadName, byte[] upload)
    {
        if (upload.Length > MaxBytes)
        {
            throw new DomainError(ErrorKind.TooLarge, "configuration-file.too-large", "A configuration file has 1 MiB at most.")
            {
                Fields = new Dictionary<string, string[]> { [Field] = ["A configuration file has 1 MiB at most."] },
            }.ToException();
        }

        if (upload.AsSpan().StartsWith(ZipMagic))
        {
            return ReadZip(upload);
        }

        if (HasExtension(uploadName, ".zip"))
        {
            throw Invalid("not-a-zip", "The file is named .zip, but it is not a zip archive. Download the package again.");
        }

        RefuseScript(uploadName);
        return upload.Length == 0
            ? throw Invalid("empty", "The configuration file is empty.")
            : (Path.GetFileName(uploadName), upload);
    }

    private static (string FileName, byte[] Content) ReadZip(byte[] upload)
    {
        try
        {
            using var zip = new ZipArchive(new MemoryStream(upload, writable: false), ZipArchiveMode.Read);
            if (zip.Entries.Count > MaxEntries)
            {
                throw Invalid("zip-too-many-entries", $"The package has more than {MaxEntries} entries; a downloaded package has one or two.");
            }

            var candidates = zip.Entries.Where(e => FileExtensions.Any(extension => HasExtension(e.Name, extension))).ToList();
            if (candidates.Count > 1)
            {
                throw Invalid("zip-two-candidates",
                    $"The package has several configuration files ({string.Join(", ", candidates.Select(c => Shown(c.Name)))}). Upload the right one alone.");
            }

            if (candidates.Count == 0)
            {
                foreach (var entry in zip.Entries)
                {
                    RefuseScript(entry.Name);
                }

                throw Invalid("zip-no-candidate", $"The package has no .onboarding or .offboarding file. {RightDownload}");
            }

            return (candidates[0].Name, Inflate(candidates[0]));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw DomainError.Field(Field, "configuration-file.not-a-zip", "The zip archive is damaged. Download the package again.").ToException(e);
        }
    }

    /// <summary>Stops at the limit, whatever size the archive claims.</summary>
    private static byte[] Inflate(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        var buffer = new byte[MaxBytes + 1];
        var length = content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length > MaxBytes
            ? throw Invalid("zip-too-large", "The file in the package is larger than 1 MiB unpacked. Real configuration files have about 7 KB.")
            : buffer[..length];
    }

    private static void RefuseScript(string name)
    {
        if (HasExtension(name, ".cmd") || HasExtension(name, ".ps1") || HasExtension(name, ".py"))
        {
            throw Invalid("script-package", $"'{Shown(name)}' is a script, for another deployment method. {RightDownload}");
        }
    }

    private static bool HasExtension(string name, string extension) => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    private static string Shown(string name) => name.Length <= 80 ? name : name[..80] + "…";

    private static DomainException Invalid(string code, string detail) =>
        DomainError.Field(Field, $"configuration-file.{code}", detail).ToException();
}
