using Dispatcher.Web.Access.Tokens;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Access;

/// <summary>Turns what a request carries into its caller.</summary>
/// <param name="tokens">Null when no identity provider is configured.</param>
internal sealed class CallerFinder(KeyRing keys, OperatorKey operatorKey, TokenChecker? tokens = null)
{
    private const string Realm = "Bearer realm=\"dispatcher\"";

    private static readonly CallerFinding.Refused NotLocal = new(
        StatusCodes.Status403Forbidden,
        "keys-required",
        "This server has no keys yet and serves only its own machine, without a proxy between; make a key with `dispatcher key create`.");

    private static readonly CallerFinding.Refused OtherHost = new(
        StatusCodes.Status421MisdirectedRequest,
        "misdirected-request",
        "This server has no keys yet and answers only to localhost, 127.0.0.1 and [::1]; the request names another host.");

    /// <summary>True when nobody needs a key, and only this machine is served.</summary>
    public bool IsOpen => tokens is null && !keys.HasKeys;

    public ValueTask<CallerFinding> Find(HttpContext http)
    {
        if (IsOpen) return ValueTask.FromResult<CallerFinding>(!LocalAccess.ComesFromHere(http) ? NotLocal : LocalAccess.NamesThisMachine(http) ? keys.Open : OtherHost);
        var credential = Credentials.Of(http.Request);
        if (string.IsNullOrEmpty(credential)) return ValueTask.FromResult(Unauthorized(credential is null));
        if (keys.Find(credential) is { } found) return ValueTask.FromResult<CallerFinding>(found);
        if (operatorKey.Find(credential) is { } local && LocalAccess.ComesFromHere(http)) return ValueTask.FromResult<CallerFinding>(new CallerFinding.Found(local));
        return tokens is not null && TokenChecker.LooksLikeToken(credential) ? FindByToken(http, tokens, credential) : ValueTask.FromResult(Unauthorized(isMissing: false));
    }

    private static async ValueTask<CallerFinding> FindByToken(HttpContext http, TokenChecker tokens, string credential)
    {
        switch (await tokens.Read(credential))
        {
            case TokenReading.Good good:
                http.Response.RegisterForDispose(good.Lifetime);
                return new CallerFinding.Found(good.Caller);
            case TokenReading.Bad bad:
                return Refuse(bad.Detail, $"{Realm}, error=\"invalid_token\"");
            default:
                return Unauthorized(isMissing: false);
        }
    }

    private static CallerFinding Unauthorized(bool isMissing) => isMissing
        ? Refuse("A key or token is needed: send it as `Authorization: Bearer <key>`; `dispatcher key create` makes one.", Realm)
        : Refuse("The key or token is not known here, or it has expired or was revoked; ask an admin of your tenant for another.", $"{Realm}, error=\"invalid_token\"");

    private static CallerFinding.Refused Refuse(string detail, string challenge) => new(StatusCodes.Status401Unauthorized, "unauthorized", detail, challenge);
}
