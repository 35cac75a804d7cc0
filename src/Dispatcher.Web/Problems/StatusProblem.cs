using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dispatcher.Web.Problems;

/// <summary>Answers that have only a status, most of them from routing, as problems.</summary>
internal static class StatusProblem
{
    public static ProblemHttpResult Of(HttpContext http)
    {
        var status = http.Response.StatusCode;
        return Problem.Of(status, CodeOf(status), Detail(status, http));
    }

    /// <summary>The code of a status that nothing more is known about.</summary>
    public static string CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "bad-request",
        StatusCodes.Status401Unauthorized => "unauthorized",
        StatusCodes.Status403Forbidden => "forbidden",
        StatusCodes.Status404NotFound => "not-found",
        StatusCodes.Status405MethodNotAllowed => "method-not-allowed",
        StatusCodes.Status408RequestTimeout => "request-timeout",
        StatusCodes.Status413PayloadTooLarge => "too-large",
        StatusCodes.Status415UnsupportedMediaType => "unsupported-media-type",
        StatusCodes.Status416RangeNotSatisfiable => "range-not-satisfiable",
        StatusCodes.Status429TooManyRequests => "too-many-requests",
        StatusCodes.Status503ServiceUnavailable => "unavailable",
        >= 500 => "internal-error",
        _ => "bad-request",
    };

    private static string Detail(int status, HttpContext http) => status switch
    {
        StatusCodes.Status400BadRequest => "A value in the address or a header has a form that is not allowed there.",
        StatusCodes.Status404NotFound => $"There is nothing at {http.Request.Path}; /openapi/v1.json lists what there is.",
        StatusCodes.Status405MethodNotAllowed => $"{http.Request.Path} does not take {http.Request.Method}; it takes {http.Response.Headers.Allow}.",
        StatusCodes.Status415UnsupportedMediaType => "The body must be JSON: send it with `Content-Type: application/json`.",
        StatusCodes.Status416RangeNotSatisfiable => "The file has no such range.",
        StatusCodes.Status503ServiceUnavailable => "The server cannot do this now; try again in a moment.",
        _ => "The request was refused.",
    };
}
