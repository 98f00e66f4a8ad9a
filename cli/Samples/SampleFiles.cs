namespace Atp.Cli.Samples;
public sealed class SampleFiles { public (string, byte[]) Onboarding() => default; public (string, byte[]) Offboarding() => default; }
internal static class SamplePackageCommand { public static System.CommandLine.Command Create(Terminal terminal) => new("x"); }
