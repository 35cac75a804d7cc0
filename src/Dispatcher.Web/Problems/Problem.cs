using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Dispatcher.Web.Problems;

/// <summary>
/// Refusals as problem details (RFC 9457): a stable <c>code</c>, and a sentence that a person can act on. <c>type</c>, <c>instance</c> and
/// <c>correlation_id</c> are added when the answer is written (<see cref="ProblemServices"/>).
/// </summary>
public static class Problem
{
    internal const string CodeField = "code";

    /// <param name="code">Stable, lower case with dashes; listed in docs/api.md.</param>
    /// <param name="detail">What was wrong, where, and what to do.</param>
    /// <param name="extensions">More fields of the body, in snake_case.</param>
    public static ProblemHttpResult Of(int status, string code, string detail, IDictionary<string, object?>? extensions = null)
    {
        var all = extensions ?? new Dictionary<string, object?>(StringComparer.Ordinal);
        all[CodeField] = code;
        return TypedResults.Problem(detail, statusCode: status, extensions: all);
    }
}
