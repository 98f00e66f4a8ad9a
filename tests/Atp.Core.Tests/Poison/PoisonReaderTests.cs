using System.Text;
using System.Text.Json;
using Atp.Core.Agent;
using Atp.Core.Poison;
using Atp.Core.Storage;

namespace Atp.Core.Tests.Poison;

/// <summary>What may be shown of a message that was given up, whatever was put there.</summary>
public sealed class PoisonReaderTests
{
    private const string Secret = "bG9uZyBlbm91Z2ggdG8gYmUgYSBkZXZpY2Uga2V5ISE=";

    [Theory]
    [InlineData("""{"v":1,"deploymentId":"0b1c","generation":2,"shard":"0a"}""", "v=1 deploymentId=0b1c generation=2 shard=0a", null)]
    [InlineData("""{"v":1,"deploymentId":5}""", "v=1 deploymentId=5", null)]
    [InlineData("""{"rollUpId":"1","asOf":"2026-01-31T12:00:00+00:00"}""", "rollUpId=1 asOf=2026-01-31T12:00:00+00:00", null)]
    [InlineData("""{"v":2,"shard":"0a"}""", "v=2 shard=0a", "It is of version 2; this build reads 1.")]
    [InlineData("""{"v":1,"secret":"a"}""", "v=1", "It has fields that this build doesn't know.")]
    [InlineData("""{"v":1,"shard":"bG9uZyBlbm91Z2ggdG8gYmUgYSBkZXZpY2Uga2V5ISE="}""", "v=1 shard=(44 characters)", null)]
    [InlineData("""{"v":1,"shard":{"secret":"b"}}""", "v=1 shard=(14 characters)", null)]
    [InlineData("""["secret"]""", "", "It is no JSON object.")]
    [InlineData("null", "", "It is no JSON object.")]
    [InlineData("{\n \"v\":1,]", "", "It is no JSON: it can't be read on from line 2, byte 8.")]
    [InlineData("", "", "It is no JSON: it can't be read on from line 1, byte 1.")]
    public void Of_a_message_between_functions_known_fields_are_shown_where_they_look_like_ids(string message, string fields, string? fault)
    {
        var content = PoisonReader.Read(Queues.DeploymentShards, Encoding.UTF8.GetBytes(message));

        Assert.Equal(fields, string.Join(' ', content.Fields.Select(field => $"{field.Name}={field.Value}")));
        Assert.Equal(fault, content.Fault);
        Assert.Empty(content.Reports);
    }

    [Theory]
    [InlineData("not JSON", "It is no JSON: it can't be read on from line 1, byte 2.")]
    [InlineData("""{"bG9uZyBlbm91Z2ggdG8gYmUgYSBkZXZpY2Uga2V5ISE=":1}""", "It is no signed report, and no array of them.")]
    [InlineData("[null]", "It is no signed report, and no array of them.")]
    public void Of_what_is_no_report_only_that_it_is_none(string message, string fault)
    {
        var content = PoisonReader.Read(Queues.DeviceReports, Encoding.UTF8.GetBytes(message));

        Assert.Equal((fault, 0, 0), (content.Fault, content.ReportCount, content.Fields.Count));
    }

    [Fact]
    public void Of_reports_the_first_ten_are_shown_without_their_signatures()
    {
        var reports = Enumerable.Range(1, 25).Select(i => Signed($"pc-{i}", new { reportedAt = DateTimeOffset.UnixEpoch.AddYears(50), senseIsRunning = true, onboardingState = 1, orgId = Secret }));

        var content = PoisonReader.Read(Queues.DeviceReports, JsonSerializer.SerializeToUtf8Bytes(reports, DeviceReport.Json));

        Assert.Equal((25, PoisonReader.MostReports), (content.ReportCount, content.Reports.Count));
        Assert.Equal(["pc-1", "pc-2"], content.Reports.Take(2).Select(report => report.DeviceId));
        Assert.All(content.Reports, report => Assert.Equal(("(44 characters)", true, null), (report.Report!.OrgId, report.Report.SenseIsRunning, report.Fault)));
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(content), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_report_that_can_not_be_read_who_it_says_it_is_from()
    {
        var content = PoisonReader.Read(Queues.DeviceReports, JsonSerializer.SerializeToUtf8Bytes(
            new[] { Signed("pc-1", new { key = Secret }), Signed("no device!", new { key = Secret }) }, DeviceReport.Json));

        Assert.Equal(["pc-1: What it reports can't be read.", ": This is no device id."], content.Reports.Select(report => $"{report.DeviceId}: {report.Fault}"));
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(content), StringComparison.Ordinal);
    }

    private static SignedReport Signed(string deviceId, object body) =>
        new(deviceId, 1, JsonSerializer.Serialize(body, DeviceReport.Json), Convert.ToBase64String(Encoding.ASCII.GetBytes(Secret)[..32]));
}
