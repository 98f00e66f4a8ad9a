using System.Text.Json;
using Atp.Core.Errors;
using Atp.Core.Policies;
using Atp.Core.Requests;

namespace Atp.Core.Tests.Requests;

public sealed class ChangeRequestTests
{
    private static readonly Caller Anna = new("anna", "Anna");

    [Fact]
    public void A_repeat_meets_the_id_of_its_first_attempt()
    {
        var id = New(Anna, "r1");

        Assert.Equal(id, New(Anna, "r1"));
        Assert.True(Guid.TryParseExact(id, "D", out var guid));
        Assert.Equal(8, guid.Version);
        Assert.Equal(id, id.ToLowerInvariant());
    }

    [Fact]
    public void Another_request_or_another_caller_makes_another_id()
    {
        Assert.NotEqual(New(Anna, "r1"), New(Anna, "r2"));
        Assert.NotEqual(New(Anna, "r1"), New(new Caller("bert", "Bert"), "r1"));
    }

    [Fact]
    public void Without_a_request_id_each_attempt_makes_a_new_thing()
    {
        Assert.NotEqual(New(Anna, null), New(Anna, null));
        Assert.Equal(7, Guid.Parse(New(Anna, null)).Version);
    }

    [Theory]
    [InlineData("r1", "same", null)]
    [InlineData("r1", "another", "request.repeated-with-other-body")]
    [InlineData("r1", null, "request.repeated-with-other-body")]
    [InlineData(null, "same", "request.repeated-with-other-body")]
    public void The_same_request_id_must_ask_for_the_same(string? id, string? first, string? code)
    {
        var refused = Record.Exception(() => new ChangeRequest(Anna, id, "same").MustRepeat(first));

        Assert.Equal(code, (refused as DomainException)?.Error.Code);
    }

    [Theory]
    [InlineData("\"Onboarding\"", PolicyKind.Onboarding)]
    [InlineData("\"offboarding\"", PolicyKind.Offboarding)]
    [InlineData("\"Onboarding, Offboarding\"", null)]
    [InlineData("\"\"", null)]
    [InlineData("1", null)]
    [InlineData("null", null)]
    public void An_enum_is_exactly_one_of_its_names(string json, PolicyKind? expected)
    {
        var options = new JsonSerializerOptions { Converters = { new EnumByName() } };

        if (expected is { } kind)
        {
            Assert.Equal(kind, JsonSerializer.Deserialize<PolicyKind>(json, options));
        }
        else
        {
            Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PolicyKind>(json, options));
        }
    }

    private static string New(Caller caller, string? requestId) => new ChangeRequest(caller, requestId, "body").NewId(TimeProvider.System);
}
