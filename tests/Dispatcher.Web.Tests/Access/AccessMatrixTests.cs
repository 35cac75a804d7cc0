using System.Net;
using Dispatcher.Web.Access;

namespace Dispatcher.Web.Tests.Access;

/// <summary>Every endpoint with every kind of caller answers as <see cref="AccessTable"/> says.</summary>
public sealed class AccessMatrixTests
{
    [Fact]
    public async Task Endpoint_AnswersAsTheTableSays_ForEveryKindOfCaller()
    {
        await using var matrix = await AccessMatrix.Start();
        var endpoints = matrix.Endpoints().ToList();
        Assert.True(endpoints.ToHashSet(StringComparer.Ordinal).SetEquals(AccessTable.Rows.Keys), Differences(endpoints));
        var wrong = new List<string>();
        foreach (var endpoint in endpoints)
        {
            foreach (var caller in matrix.Callers)
            {
                var row = AccessTable.Rows[endpoint];
                var (status, text) = await matrix.Send(endpoint, row, caller.Key);
                var expected = Expected(row, caller.Tenant, caller.Roles);
                if (!IsAsExpected(status, expected, row)) wrong.Add($"{endpoint} with {caller.Name}: expected {expected}, got {(int)status} {text}");
                // A refusal repeats what was asked for.
                if (caller.Tenant == "other" && (int)status < 300 && Leaks(text)) wrong.Add($"{endpoint} shows another tenant's things: {text}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static Outcome Expected(AccessRow row, string? tenant, IReadOnlySet<Role>? roles)
    {
        if (row.Needs is not { } role) return Outcome.Answered;
        if (roles is null) return Outcome.Unauthorized;
        if (!roles.Contains(role)) return Outcome.Forbidden;
        return row.Thing is not null && tenant != AccessMatrix.Tenant ? Outcome.NotFound : Outcome.Answered;
    }

    /// <summary>An answer may also be a conflict, since the callers before have changed things; it is no refusal of the caller.</summary>
    private static bool IsAsExpected(HttpStatusCode status, Outcome expected, AccessRow row) => expected switch
    {
        Outcome.Unauthorized => status == HttpStatusCode.Unauthorized,
        Outcome.Forbidden => status == HttpStatusCode.Forbidden,
        Outcome.NotFound => status == HttpStatusCode.NotFound,
        _ => (int)status is >= 200 and < 300 or 409 || (row.MayBeMissing && status == HttpStatusCode.NotFound) || (row.MayBeBad && status == HttpStatusCode.BadRequest),
    };

    private static bool Leaks(string text) => text.Contains("\"acme\"", StringComparison.Ordinal) || text.Contains("guarded", StringComparison.Ordinal);

    private static string Differences(IReadOnlyList<string> endpoints)
    {
        var (missing, gone) = (endpoints.Except(AccessTable.Rows.Keys, StringComparer.Ordinal), AccessTable.Rows.Keys.Except(endpoints, StringComparer.Ordinal));
        return $"Endpoints without a row in AccessTable: {string.Join(", ", missing)}. Rows without an endpoint: {string.Join(", ", gone)}.";
    }

    private enum Outcome
    {
        Unauthorized,
        Forbidden,
        NotFound,
        Answered,
    }
}
