using System.IO.Compression;

namespace Atp.Local.SamplePackages;

/// <summary>A file as an administrator would download it.</summary>
public sealed record SampleFile(string FileName, byte[] Content)
{
    // Zip archives hold a time; a fixed one gives the same bytes for the same content.
    private static readonly DateTimeOffset EntryTime = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>This file alone in an archive, named as the download is.</summary>
    public SampleFile ToZip()
    {
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = archive.CreateEntry(FileName);
            entry.LastWriteTime = EntryTime;
            using var stream = entry.Open();
            stream.Write(Content);
        }
        var kind = FileName.EndsWith(".offboarding", StringComparison.Ordinal) ? "Offboarding" : "Onboarding";
        var suffix = Path.GetFileNameWithoutExtension(FileName).Replace("WindowsDefenderATP", "", StringComparison.Ordinal);
        return new SampleFile($"WindowsDefenderATP{kind}Package{suffix}.zip", buffer.ToArray());
    }
}
