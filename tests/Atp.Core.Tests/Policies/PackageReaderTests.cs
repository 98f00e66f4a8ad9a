using System.IO.Compression;
using Atp.Core.Errors;
using Atp.Core.Policies;

namespace Atp.Core.Tests.Policies;

public sealed class PackageReaderTests
{
    private static readonly byte[] Content = [.. "{}"u8];

    [Fact]
    public void A_package_gives_the_file_in_it_byte_for_byte()
    {
        var zip = SampleFiles.Onboarding.ToZip();

        var (name, content) = PackageReader.Read(zip.FileName, zip.Content);

        Assert.Equal(SampleFiles.Onboarding.FileName, name);
        Assert.Equal(SampleFiles.Onboarding.Content, content);
    }

    [Theory]
    [InlineData("WindowsDefenderATP.onboarding", "WindowsDefenderATP.onboarding")]
    [InlineData("folder/WindowsDefenderATP.onboarding", "WindowsDefenderATP.onboarding")]
    public void The_file_itself_is_taken_as_it_is(string uploadName, string expected)
    {
        var (name, content) = PackageReader.Read(uploadName, Content);

        Assert.Equal(expected, name);
        Assert.Same(Content, content);
    }

    [Fact]
    public void A_zip_is_known_by_its_content_whatever_its_name() =>
        Assert.Equal("a.onboarding", PackageReader.Read("package.bin", Zip(("a.onboarding", Content))).FileName);

    [Fact]
    public void Other_files_in_the_package_do_no_harm_and_folders_are_looked_into() =>
        Assert.Equal("a.ONBOARDING", PackageReader.Read("p.zip", Zip(("readme.txt", Content), ("sub/a.ONBOARDING", Content))).FileName);

    [Fact]
    public void What_is_named_zip_and_is_none_is_refused() =>
        SampleFiles.Refused("configuration-file.not-a-zip", () => PackageReader.Read("package.zip", Content));

    [Fact]
    public void A_zip_that_is_cut_off_is_refused() =>
        SampleFiles.Refused("configuration-file.not-a-zip", () => PackageReader.Read("p.zip", Zip(("a.onboarding", Content))[..^30]));

    [Fact]
    public void A_file_that_unpacks_to_more_than_a_mebibyte_is_refused_without_unpacking_it_all() =>
        SampleFiles.Refused("configuration-file.zip-too-large",
            () => PackageReader.Read("p.zip", Zip(("a.onboarding", new byte[64 * PackageReader.MaxBytes]))));

    [Fact]
    public void A_file_of_exactly_a_mebibyte_is_unpacked() =>
        Assert.Equal(PackageReader.MaxBytes, PackageReader.Read("p.zip", Zip(("a.onboarding", new byte[PackageReader.MaxBytes]))).Content.Length);

    /// <summary>One level is unpacked, ever: the archive in it is no JSON.</summary>
    [Fact]
    public void An_archive_in_the_archive_is_not_opened()
    {
        var inner = Zip(("a.onboarding", new byte[PackageReader.MaxBytes]));

        var (_, content) = PackageReader.Read("p.zip", Zip(("a.onboarding", inner)));

        Assert.Equal(inner, content);
        SampleFiles.Refused("configuration-file.json-invalid", () => ConfigurationFile.Read("a.onboarding", content, SampleFiles.Verifier(), Facts.Now));
    }

    [Fact]
    public void An_archive_of_very_many_entries_is_refused() => SampleFiles.Refused("configuration-file.zip-too-many-entries",
        () => PackageReader.Read("p.zip", Zip([.. Enumerable.Range(0, 65).Select(i => ($"{i}.onboarding", Content))])));

    [Fact]
    public void Two_candidates_are_refused_and_named()
    {
        var error = SampleFiles.Refused("configuration-file.zip-two-candidates",
            () => PackageReader.Read("p.zip", Zip(("a.onboarding", Content), ("b.offboarding", Content))));

        Assert.Contains("a.onboarding, b.offboarding", error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("WindowsDefenderATPLocalOnboardingScript.cmd")]
    [InlineData("WindowsDefenderATPOnboardingScript.CMD")]
    [InlineData("Onboard-NonPersistentMachine.ps1")]
    [InlineData("MicrosoftDefenderATPOnboardingLinuxServer.py")]
    public void A_script_package_is_refused_with_the_name_of_the_right_download(string script)
    {
        var inPackage = SampleFiles.Refused("configuration-file.script-package", () => PackageReader.Read("p.zip", Zip((script, Content))));
        var alone = SampleFiles.Refused("configuration-file.script-package", () => PackageReader.Read(script, Content));

        Assert.All([inPackage, alone], error =>
            Assert.Contains("Microsoft Endpoint Configuration Manager current branch and later", error.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public void A_package_without_a_configuration_file_is_refused() =>
        SampleFiles.Refused("configuration-file.zip-no-candidate", () => PackageReader.Read("p.zip", Zip(("readme.txt", Content))));

    [Fact]
    public void An_empty_file_is_refused() =>
        SampleFiles.Refused("configuration-file.empty", () => PackageReader.Read("a.onboarding", []));

    [Fact]
    public void More_than_a_mebibyte_is_too_large()
    {
        var error = SampleFiles.Refused("configuration-file.too-large", () => PackageReader.Read("a.onboarding", new byte[PackageReader.MaxBytes + 1]));

        Assert.Equal(ErrorKind.TooLarge, error.Kind);
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var stream = archive.CreateEntry(name).Open();
                stream.Write(content);
            }
        }

        return buffer.ToArray();
    }
}
