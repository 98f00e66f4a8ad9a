using System.Text;

namespace Atp.Cli.Client;

/// <summary>The service said no: its problem answer, for people and for scripts.</summary>
public sealed class ProblemException(int status, string code, string detail, IReadOnlyDictionary<string, string[]> errors)
    : Exception(detail)
{
    public int Status { get; } = status;

    /// <summary>Stable, e.g. <c>policy.name-invalid</c>; <c>http-404</c> and the like when the answer had none.</summary>
    public string Code { get; } = code;

    /// <summary>For bad input: what is wrong, by field.</summary>
    public IReadOnlyDictionary<string, string[]> Errors { get; } = errors;

    /// <summary>With <c>deployment.would-fail</c>: what the deployment would come to.</summary>
    public DeploymentPreviewAnswer? Preview { get; init; }

    /// <summary>What a person needs: the sentence, the code, the fields.</summary>
    public string ToText()
    {
        var text = new StringBuilder($"{Message} [{Code}]");
        foreach (var (field, details) in Errors)
        {
            foreach (var detail in details)
            {
                text.AppendLine().Append($"  {field}: {detail}");
            }
        }

        return text.ToString();
    }
}
