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
