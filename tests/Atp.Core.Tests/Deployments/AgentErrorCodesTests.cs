using Atp.Core.Deployments;

namespace Atp.Core.Tests.Deployments;

/// <summary>"Troubleshoot Microsoft Defender Advanced Threat Protection onboarding issues": each published code says what to do.</summary>
public sealed class AgentErrorCodesTests
{
    public static TheoryData<string> Published { get; } =
    [
        .. new[] { 5, 10, 15, 30, 35, 40, 65, 70 }.Select(id => $"script:{id}"),
        .. new[]
        {
            1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 15, 17, 18, 19, 20, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 36, 38, 39, 40, 41, 44, 49, 50, 51, 52,
            66, 70, 74, 92, 93, 99, 106, 107,
        }.Concat(Enumerable.Range(1800, 21)).Select(id => $"sense:{id}"),
        "0x87D1FDE8",
        "0x87D101A9",
    ];

    [Theory]
    [MemberData(nameof(Published))]
    public void Every_published_code_is_explained(string code)
    {
        var known = AgentErrorCodes.Find(code);

        Assert.Equal(code, known?.Code);
        Assert.NotEmpty(known!.Meaning);
        Assert.NotEqual("", known.WhatToDo);
    }

    [Theory]
    [InlineData("script:15", "script:15")]
    [InlineData("SENSE:15", "sense:15")]
    [InlineData("15", "script:15")] // the two share numbers: a plain one is the script's
    [InlineData(" 15 ", "script:15")]
    [InlineData("40", "script:40")]
    [InlineData("0x87d1fde8", "0x87D1FDE8")]
    [InlineData("-2016281112", "0x87D1FDE8")] // as the management client writes it in decimal
    [InlineData("2278686184", "0x87D1FDE8")]
    [InlineData("25", null)] // the script has none of that number, and it isn't guessed
    [InlineData("script:25", null)]
    [InlineData("sense:8", null)]
    [InlineData("4711", null)]
    [InlineData("E_FAIL", null)]
    [InlineData("", null)]
    public void A_code_says_whose_it_is(string code, string? expected) => Assert.Equal(expected, AgentErrorCodes.Find(code)?.Code);

    [Fact]
    public void The_same_number_of_script_and_sense_are_two_things() =>
        Assert.All([5, 10, 15, 30, 40], id => Assert.NotEqual(AgentErrorCodes.Find($"script:{id}")!.Meaning, AgentErrorCodes.Find($"sense:{id}")!.Meaning));
}
