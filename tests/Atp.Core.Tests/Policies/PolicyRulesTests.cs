using Atp.Core.Errors;
using Atp.Core.Policies;

namespace Atp.Core.Tests.Policies;

public sealed class PolicyRulesTests
{
    private const string Id = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0";
    private static readonly string Key = Convert.ToBase64String(new byte[64]);

    public static TheoryData<bool, bool, bool, bool, string[]> Edits { get; } = new()
    {
        // stored workspace, file, ID, key → fields that are missing
        { true, true, true, true, [] },
        { true, false, false, false, [] },
        { true, true, false, false, ["workspaceId", "workspaceKey"] },
        { true, false, true, false, ["configurationFile", "workspaceKey"] },
        { true, false, false, true, ["configurationFile", "workspaceId"] },
        { true, false, true, true, ["configurationFile"] },
        { true, true, true, false, ["workspaceKey"] },
        { false, true, false, false, [] }, // nothing stored that could get lost
        { false, false, true, true, ["configurationFile"] },
    };

    /// <summary>"For Configuration Manager version 2006 and earlier": an edit has to bring all three again.</summary>
    [Theory]
    [MemberData(nameof(Edits))]
    public void Up_to_2006_an_edit_brings_file_ID_and_key_together(bool stored, bool file, bool id, bool key, string[] missing)
    {
        var edit = new EditPolicy
        {
            ConfigurationFile = file ? new UploadedFile("f", [1]) : null,
            WorkspaceId = id ? Id : null,
            WorkspaceKey = key ? Key : null,
        };

        Assert.All([1910, 2002, 2006], version => Assert.Equal(missing, FieldsOf(errors => PolicyRules.CheckAllThree(edit, stored, version, errors))));
        Assert.All([2010, 2107, 2207], version => Assert.Empty(FieldsOf(errors => PolicyRules.CheckAllThree(edit, stored, version, errors))));
    }

    [Theory]
    [InlineData("Workstations", null)]
    [InlineData("  Workstations  ", null)]
    [InlineData("Größe 😀", null)]
    [InlineData("", "name.empty")]
    [InlineData("   ", "name.empty")]
    [InlineData(null, "name.empty")]
    [InlineData("a\nb", "name.control-characters")]
    public void A_name_says_something_and_fits_on_a_line(string? name, string? code)
    {
        var errors = new FieldErrors();

        Assert.Equal(name?.Trim() ?? "", PolicyRules.CheckName(name, errors));
        Assert.Equal(code, CodeOf(errors));
    }

    [Theory]
    [InlineData(256, null)]
    [InlineData(257, "name.too-long")]
    public void A_name_has_256_characters_at_most(int length, string? code)
    {
        var errors = new FieldErrors();

        PolicyRules.CheckName(new string('n', length), errors);

        Assert.Equal(code, CodeOf(errors));
    }

    [Theory]
    [InlineData(1024, null)]
    [InlineData(1025, "description.too-long")]
    public void A_description_has_1024_characters_at_most(int length, string? code)
    {
        var errors = new FieldErrors();

        PolicyRules.CheckDescription(new string('d', length), errors);

        Assert.Equal(code, CodeOf(errors));
    }

    public static TheoryData<string?, string?, string?, string?> Workspaces { get; } = new()
    {
        // ID, key → code, field
        { null, null, null, null },
        { "", "", null, null },
        { Id, Key, null, null },
        { Id.ToUpperInvariant(), Key, null, null },
        { Id, null, "workspace.key-missing", "workspaceKey" },
        { Id, "", "workspace.key-missing", "workspaceKey" },
        { null, Key, "workspace.id-missing", "workspaceId" },
        { Key, Id, "workspace.swapped", "workspaceKey" },
        { null, Id, "workspace.swapped", "workspaceKey" },
        { Key, null, "workspace.swapped", "workspaceId" },
        { "Contoso", Key, "workspace.id-invalid", "workspaceId" },
        { Id, "not base64!", "workspace.key-invalid", "workspaceKey" },
        { Id, new string('A', 2048), "workspace.key-invalid", "workspaceKey" },
    };

    [Theory]
    [MemberData(nameof(Workspaces))]
    public void Workspace_ID_and_key_come_together_each_in_its_own_field(string? id, string? key, string? code, string? field)
    {
        var errors = new FieldErrors();

        var workspace = WorkspaceRule.Check(id, key, errors);

        Assert.Equal(code, CodeOf(errors));
        Assert.Equal(code is null ? [] : [field!], FieldsOf(e => WorkspaceRule.Check(id, key, e)));
        Assert.Equal(code is null && !string.IsNullOrEmpty(id) ? (Id, null) : null, workspace);
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(32, true)]
    [InlineData(65, true)]
    public void A_key_of_an_unusual_length_is_a_warning_that_does_not_quote_it(int bytes, bool warned)
    {
        var key = Convert.ToBase64String(Enumerable.Repeat((byte)0x5A, bytes).ToArray());

        var workspace = WorkspaceRule.Check(Id, key, new FieldErrors());

        Assert.Equal(warned, workspace!.Value.Warning is not null);
        Assert.DoesNotContain(key, workspace.Value.Warning ?? "", StringComparison.Ordinal);
    }

    private static string? CodeOf(FieldErrors errors) => Record.Exception(errors.ThrowIfAny) is DomainException refused ? refused.Error.Code : null;

    private static IEnumerable<string> FieldsOf(Action<FieldErrors> check)
    {
        var errors = new FieldErrors();
        check(errors);
        return Record.Exception(errors.ThrowIfAny) is DomainException refused ? refused.Error.Fields.Keys : [];
    }
}
