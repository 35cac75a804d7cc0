using Microsoft.Extensions.Logging;

namespace Dispatcher.Steps.Providers;

internal static partial class ProviderLog
{
    [LoggerMessage(EventId = 3200, Level = LogLevel.Warning, Message = "The provider did not say how far {ProviderId} is; it is asked again: {Cause}")]
    public static partial void NotAnswered(ILogger logger, string providerId, string cause);

    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning, Message = "{ProviderId} could not be called off at the provider: {Cause}")]
    public static partial void NotCalledOff(ILogger logger, string providerId, string cause);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Information, Message = "What {ProviderId} had made before the job was recovered cannot be used, and is ordered anew: {Cause}")]
    public static partial void InheritedIsGone(ILogger logger, string providerId, string cause);
}
