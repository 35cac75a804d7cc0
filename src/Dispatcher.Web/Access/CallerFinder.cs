using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Access;

/// <summary>Who makes a request, or why that is nobody.</summary>
internal abstract record CallerFinding
{
    private CallerFinding()
    {
    }

    public sealed record Found(Caller Caller) : CallerFinding;

    /// <param name="Challenge">The header <c>WWW-Authenticate</c> of a 401.</param>
    public sealed record Refused(int Status, string Code, string Detail, string? Challenge = null) : CallerFinding;
}

/// <summary>Turns what a request carries into its caller.</summary>
internal sealed class CallerFinder(KeyRing keys)
{
    private static readonly CallerFinding.Found LocalFound = new(Caller.Local);

    private static readonly CallerFinding.Refused Missing = new(
        StatusCodes.Status401Unauthorized,
        "unauthorized",
        "A key or token is needed: send it as `Authorization: Bearer <key>`; `dispatcher key create` makes one.",
        "Bearer realm=\"dispatcher\"");

    private static readonly CallerFinding.Refused Bad = new(
        StatusCodes.Status401Unauthorized,
        "unauthorized",
        "The key or token is not known here, or it has expired or was revoked; ask an admin of your tenant for another.",
        "Bearer realm=\"dispatcher\", error=\"invalid_token\"");

    private static readonly CallerFinding.Refused NotLocal = new(
        StatusCodes.Status403Forbidden,
        "keys-required",
        "This server has no keys yet and serves only its own machine, without a proxy between; make a key with `dispatcher key create`.");

    private static readonly CallerFinding.Refused OtherHost = new(
        StatusCodes.Status421MisdirectedRequest,
        "misdirected-request",
        "This server has no keys yet and answers only to localhost, 127.0.0.1 and [::1]; the request names another host.");

    public ValueTask<CallerFinding> Find(HttpContext http) => ValueTask.FromResult(FindByKey(http));

    private CallerFinding FindByKey(HttpContext http)
    {
        if (!keys.HasKeys) return !LocalAccess.ComesFromHere(http) ? NotLocal : LocalAccess.NamesThisMachine(http) ? LocalFound : OtherHost;
        if (Credentials.Of(http.Request) is not { } credential) return Missing;
        return keys.Find(credential) is { } caller ? new CallerFinding.Found(caller) : Bad;
    }
}
