using System.Text.RegularExpressions;

namespace Atp.Core.Telemetry;

/// <summary>
/// What must not leave with telemetry: queries of addresses, which carry signatures, tokens and pop receipts; names of secrets; keys of
/// rows. What is left of an address says which kind of thing was asked for.
/// </summary>
public static partial class Scrub
{
    /// <summary>An address, or a path, without its query and without what names one secret, row or message.</summary>
    /// <returns>The same text when there was nothing to take out.</returns>
    public static string Address(string address)
    {
        var end = address.AsSpan().IndexOfAny('?', '#');
        return NameInPath().Replace(end < 0 ? address : address[..end], match => match switch
        {
            { Groups: var g } when g["user"].Success => "//",
            { Groups: var g } when g["secrets"].Success => $"/{g["secrets"].ValueSpan}/{{name}}",
            { Groups: var g } when g["message"].Success => "/messages/{id}",
            _ => "({key})",
        });
    }

    /// <summary>A text without the credentials that are known by their shape, or by what stands before them.</summary>
    /// <returns>The same text when there was nothing to take out.</returns>
    public static string Text(string text) => Credential().Replace(text, "${before}***");

    [GeneratedRegex(@"(?<user>//[^/@\s]*@)|/(?<secrets>secrets|deletedsecrets)/[^/\s]+(/[^/\s]+)?|(?<message>/messages/[^/\s]+$)|\((PartitionKey|RowKey)=.*\)$")]
    private static partial Regex NameInPath();

    [GeneratedRegex(
        """
        (?<before>\b(sig|signature|code|token|access_token|id_token|refresh_token|client_secret|client_assertion|password|popreceipt|AccountKey|SharedAccessKey|SharedAccessSignature|workspaceKey|key)"?\s?[=:]\s?"?)[^&\s"';,<>]{8,}
        |(?<before>\b(Bearer|SharedAccessSignature|SharedKey)\s)\S{8,}
        |(?<before>/(secrets|deletedsecrets)/)[^\s?"']+
        |(?<before>\b)eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Credential();
}
