using System.CommandLine;
using Atp.Cli.Output;

namespace Atp.Cli.Samples;

/// <summary>Needs no server: it signs a package with the authority in the local stack's folder, which <c>atp up</c> trusts.</summary>
internal static class SamplePackageCommand
{
    public static Command Create(Terminal terminal)
    {
        var kind = OptionRules.OneOfOrFirst("--kind", "What the file does", "Onboarding", "Offboarding");
        var days = new Option<int>("--days") { Description = "How long an offboarding package is good for", DefaultValueFactory = _ => 30 };
        days.MustBeBetween(1, 365);
        var output = new Option<FileInfo?>("--out") { Description = "Where to write it. Default: named as the download is, in this folder" };
        output.AcceptLegalFilePathsOnly();
        var data = ServerOptions.DataOption();
        var command = new Command("sample-package", "Write a configuration package with made-up content and a genuine kind of signature")
        {
            kind, days, output, data,
        };
        var answers = new OutputOption();
        answers.AddTo(command);
        command.SetAction(async (parse, ct) =>
        {
            using var samples = SampleFiles.Open(parse.GetRequiredValue(data).FullName, keep: true);
            var package = parse.GetRequiredValue(kind) == "Offboarding"
                ? samples.Offboarding(TimeProvider.System.GetUtcNow().AddDays(parse.GetValue(days)))
                : samples.Onboarding();
            var path = parse.GetValue(output)?.FullName ?? Path.GetFullPath(package.FileName);
            await File.WriteAllBytesAsync(path, package.Content, ct);
            answers.Answers(terminal, parse).One(
                new { path, setting = SampleFiles.RootSetting, root = samples.Root },
                [new("Path", answer => answer.path), new("Setting", answer => answer.setting), new("Root", answer => answer.root)],
                () => terminal.Say($"""
                    Wrote {path}
                    `atp up` accepts it. Another service does with this setting:
                    {SampleFiles.RootSetting.Replace(":", "__", StringComparison.Ordinal)}={samples.Root}
                    """));
        });
        return command;
    }
}
