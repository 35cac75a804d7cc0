using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dispatcher.Web.Problems;

/// <summary>
/// A body that is not JSON (<c>invalid-json</c>), or not the JSON that the endpoint takes (<c>invalid-body</c>): where, and what is wrong there. The texts of the
/// framework name types of the program and are put into words of the API.
/// </summary>
internal static partial class JsonProblem
{
    /// <summary>The same for a part of a body that was read by itself: its code and a sentence with the place in that part.</summary>
    public static Refusal RefusalOf(JsonException fault)
    {
        var (code, sentence) = Explain(fault);
        return Refusal.Invalid(code, sentence + Place(fault));
    }

    public static ProblemHttpResult Of(JsonException fault)
    {
        var (code, sentence) = Explain(fault);
        var where = new Dictionary<string, object?>(StringComparer.Ordinal) { ["path"] = fault.Path ?? "$" };
        if (fault.LineNumber is { } line) where["line"] = line + 1;
        if (fault.BytePositionInLine is { } position) where["byte_in_line"] = position + 1;
        return Problem.Of(StatusCodes.Status400BadRequest, code, sentence + Place(fault), where);
    }

    private static (string Code, string Sentence) Explain(JsonException fault)
    {
        var message = fault.Message;
        if (message.Contains("could not be mapped to any", StringComparison.Ordinal)) return Body($"There is no field '{Quoted(message)}'");
        if (message.Contains("missing required properties", StringComparison.Ordinal)) return Body($"Fields are missing: {MissingFields(message)}");
        if (message.StartsWith("Duplicate property", StringComparison.Ordinal)) return Body($"The field '{Quoted(message)}' is there twice");
        if (message.Contains("allow setting null values", StringComparison.Ordinal) || message.Contains("doesn't allow null", StringComparison.Ordinal)) return Body("The value must not be null");
        if (message.Contains("maximum configured depth", StringComparison.Ordinal)) return Body($"The body is nested deeper than {Json.ApiJson.DepthLimit} levels");
        if (IsTextFault(fault)) return Json_("A text is not valid UTF-8, or holds half of a surrogate pair");
        if (message.Contains("could not be converted", StringComparison.Ordinal)) return Body($"The value is not {Expected(fault)}");
        return fault.InnerException is JsonException ? Json_(WithoutPlace(message)) : Body(WithoutPlace(message));

        static (string, string) Body(string sentence) => ("invalid-body", sentence);
        static (string, string) Json_(string sentence) => ("invalid-json", sentence);
    }

    private static bool IsTextFault(JsonException fault) =>
        IsTextFault(fault.Message) || (fault.InnerException is { } inner && IsTextFault(inner.Message));

    private static bool IsTextFault(string message) => message.Contains("UTF-8", StringComparison.Ordinal) || message.Contains("surrogate", StringComparison.Ordinal);

    private static string Place(JsonException fault) => fault switch
    {
        { Path: null or "$", LineNumber: null } => ".",
        { LineNumber: null } => $" (at {fault.Path}).",
        { Path: null or "$" } => $" (line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}).",
        _ => $" (at {fault.Path}, line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}).",
    };

    /// <summary>What the field takes is told only by what the reader says about it.</summary>
    private static string Expected(JsonException fault)
    {
        var reason = fault.InnerException?.Message ?? string.Empty;
        if (reason.EndsWith("as a string.", StringComparison.Ordinal)) return "a text";
        if (reason.EndsWith("as a boolean.", StringComparison.Ordinal)) return "true or false";
        if (WholeNumber().IsMatch(reason)) return "a whole number in the allowed range";
        if (reason.EndsWith("as a number.", StringComparison.Ordinal)) return "a number";
        return reason.Contains("DateTimeOffset", StringComparison.Ordinal) ? "a time such as 2026-01-31T12:00:00Z" : "of the type, or one of the words, that this field takes";
    }

    private static string MissingFields(string message) => message[(message.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim().TrimEnd('.');

    private static string Quoted(string message) => QuotedName().Match(message).Groups["name"].Value;

    private static string WithoutPlace(string message) => Placing().Replace(message, string.Empty).TrimEnd('.', ' ');

    [GeneratedRegex("'(?<name>[^']*)'", RegexOptions.None, matchTimeoutMilliseconds: 100)]
    private static partial Regex QuotedName();

    [GeneratedRegex("out of bounds for an? U?Int", RegexOptions.None, matchTimeoutMilliseconds: 100)]
    private static partial Regex WholeNumber();

    [GeneratedRegex(" (Change the reader options\\.|Path: .*|LineNumber: .*)", RegexOptions.Singleline, matchTimeoutMilliseconds: 100)]
    private static partial Regex Placing();
}
