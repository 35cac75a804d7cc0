using Microsoft.AspNetCore.Builder;

namespace Dispatcher.Web.Limits;

/// <summary>What an endpoint says about how long and how large its requests are.</summary>
internal sealed record LimitRule(bool IsStream = false, bool TakesBatch = false, bool TakesFile = false, bool TakesHead = false);

/// <summary>Says on an endpoint that its requests are out of the ordinary. Live feeds need not say it: their paths do.</summary>
public static class LimitRules
{
    /// <summary>Requests stay open by design (a long poll): they count among the tenant's streams and not among its requests.</summary>
    public static T CountAsStream<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new LimitRule(IsStream: true));

    /// <summary>The body holds many things at once and may be larger: <see cref="Hosting.WebOptions.BatchBodyLimitBytes"/>.</summary>
    public static T TakesBatch<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new LimitRule(TakesBatch: true));

    /// <summary>Only the beginning of the body is read, however long the rest: no length is refused.</summary>
    public static T TakesHead<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new LimitRule(TakesHead: true));

    /// <summary>The body is a file: <see cref="Hosting.WebOptions.ArtifactLimitBytes"/>.</summary>
    public static T TakesFile<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(new LimitRule(TakesFile: true));
}
