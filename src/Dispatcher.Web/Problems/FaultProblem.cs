using System.Text.Json;
using System.Text.RegularExpressions;
using Dispatcher.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dispatcher.Web.Problems;

/// <summary>What was thrown while a request was read or answered, as a problem that shows nothing of the inside.</summary>
internal static partial class FaultProblem
{
    public static ProblemHttpResult Of(Exception fault, HttpContext http) => fault switch
    {
        BadHttpRequestException { InnerException: JsonException json } => JsonProblem.Of(json),
        BadHttpRequestException request => OfRequest(request),
        StoreException store => Refusal.Unavailable(store).ToProblem(http),
        _ => Problem.Of(StatusCodes.Status500InternalServerError, "internal-error", "Dispatcher met a fault of its own; its log says more under the correlation id."),
    };

    private static ProblemHttpResult OfRequest(BadHttpRequestException fault) =>
        Problem.Of(fault.StatusCode, StatusProblem.CodeOf(fault.StatusCode), fault.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => "The body is larger than this endpoint takes; docs/api.md lists the limits.",
            StatusCodes.Status415UnsupportedMediaType => "The body must be JSON: send it with `Content-Type: application/json`.",
            StatusCodes.Status408RequestTimeout => "The body came too slowly and was given up.",
            StatusCodes.Status400BadRequest => BadRequest(fault.Message),
            _ => "The request was refused.",
        });

    /// <summary>The framework names the parameter by its type in the program, which callers do not know.</summary>
    private static string BadRequest(string message)
    {
        if (BindingFailed().Match(message) is { Success: true } failed) return $"The value '{failed.Groups["value"].Value}' of {failed.Groups["name"].Value} does not have the right form.";
        if (ParameterMissing().Match(message) is { Success: true } missing) return $"{missing.Groups["name"].Value} is missing in the address or the headers.";
        return message.Contains("body", StringComparison.Ordinal) ? "A JSON body is needed, and there is none, or it is not complete." : "The request is not well formed.";
    }

    [GeneratedRegex("^Failed to bind parameter \".* (?<name>\\w+)\" from \"(?<value>.*)\"\\.$", RegexOptions.Singleline, matchTimeoutMilliseconds: 100)]
    private static partial Regex BindingFailed();

    [GeneratedRegex("^Required parameter \".* (?<name>\\w+)\" was not provided", RegexOptions.None, matchTimeoutMilliseconds: 100)]
    private static partial Regex ParameterMissing();
}
