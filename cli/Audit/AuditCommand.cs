using System.CommandLine;

namespace Atp.Cli.Audit;

internal static class AuditCommand
{
    public static Command Create(Terminal terminal) => new("audit", "Who did what, and whether that record is whole")
    {
        AuditListCommand.Create(terminal),
        AuditVerifyCommand.Create(terminal),
    };
}
