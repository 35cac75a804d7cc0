using System.Diagnostics;

namespace Dispatcher.Kernel;

/// <summary>Where Dispatcher makes its spans. Without a listener a span is null and costs nothing.</summary>
public static class Tracing
{
    public const string SourceName = "Dispatcher";

    /// <summary>The one static of the engine: the runtime finds sources by name across a process, and spans say whose they are.</summary>
    public static ActivitySource Source { get; } = new(SourceName, typeof(Tracing).Assembly.GetName().Version?.ToString(3));

    /// <summary>The context of a stored <c>traceparent</c>; none if there is none, or it cannot be read.</summary>
    public static ActivityContext ParentOf(string? traceParent) => ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent) ? parent : default;
}
