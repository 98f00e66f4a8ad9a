using Atp.Core.Devices;
using Atp.Core.Errors;

namespace Atp.Core.Tests.Devices;

public sealed class DeviceIdTests
{
    [Theory]
    [InlineData("pc-1", "pc-1")]
    [InlineData("PC-1.Contoso.COM", "pc-1.contoso.com")]
    [InlineData("GUID:3F2504E0-4F89-11D3-9A0C-0305E82C3301", "guid:3f2504e0-4f89-11d3-9a0c-0305e82c3301")]
    [InlineData("a_b", "a_b")]
    public void An_id_is_kept_in_lower_case(string text, string expected) => Assert.Equal(expected, DeviceId.Parse(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a!b")]
    [InlineData("a'b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("\u212Aelvin")] // KELVIN SIGN: its lower case is an ASCII k
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void What_can_not_be_a_key_is_no_id(string? text)
    {
        var error = Assert.Throws<DomainException>(() => DeviceId.Parse(text)).Error;

        Assert.Equal("device.id-invalid", error.Code);
        Assert.Equal(["deviceId"], error.Fields.Keys);
    }

    [Fact]
    public void Sixty_four_characters_are_allowed() => Assert.True(DeviceId.TryParse(new string('a', 64), out _));
}
