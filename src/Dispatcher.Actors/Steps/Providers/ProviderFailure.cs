using System.Globalization;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Providers;

/// <summary>The stable codes of steps that providers do.</summary>
public static class ProviderFailure
{
    /// <summary>The provider says that it failed.</summary>
    public const string Failed = "PROVIDER_FAILED";

    /// <summary>Somebody has called it off at the provider.</summary>
    public const string Canceled = "PROVIDER_CANCELED";

    /// <summary>It did not end within the time, or the looks, that it has.</summary>
    public const string Timeout = "PROVIDER_TIMEOUT";

    /// <summary>Whether an order was made is not known, and another one might be paid twice.</summary>
    public const string StartUnknown = "PROVIDER_START_UNKNOWN";

    /// <summary>The provider cannot be asked now.</summary>
    public const string Unreachable = "PROVIDER_UNREACHABLE";

    /// <summary>What the provider answered makes no sense.</summary>
    public const string BadReply = "PROVIDER_BAD_REPLY";

    /// <summary>The output cannot be fetched.</summary>
    public const string BadOutput = "PROVIDER_BAD_OUTPUT";

    /// <summary>A file that the order names is not there, or too large.</summary>
    public const string BadFile = "PROVIDER_BAD_FILE";

    /// <summary>The file of an earlier job that was to be taken is not there.</summary>
    public const string NotThere = "PROVIDER_REUSE_MISSING";

    private const string StatusPrefix = "PROVIDER_HTTP_";

    /// <summary>An answer with a status that is no success: <c>PROVIDER_HTTP_422</c>.</summary>
    public static string OfStatus(int status) => StatusPrefix + status.ToString(CultureInfo.InvariantCulture);

    /// <summary>True for what says that the provider has refused an order: 4xx, in words that leave no doubt.</summary>
    internal static bool WasRefused(string code) => code == BadFile || (code.StartsWith(StatusPrefix + "4", StringComparison.Ordinal) && code != OfStatus(408));

    internal static StepFailedException Of(string handler, Prediction prediction, ErrorClass @class) => prediction.Status == PredictionStatus.Canceled
        ? new(@class, $"{handler}: the provider says that {prediction.Id} was cancelled there. Recover the job from this step to order it anew.", Canceled)
        : new(@class, $"{handler}: the provider says that {prediction.Id} failed: {(string.IsNullOrWhiteSpace(prediction.Error) ? "it gives no reason" : prediction.Error.Trim())}", Failed);

    internal static StepFailedException TooSlow(string handler, string id, int polls, ProviderOptions options) => new(
        ErrorClass.Timeout, $"{handler}: {id} did not end within {options.MaxTime} and {polls} looks (at most {options.MaxPolls}), so the provider was asked to call it off.", Timeout);

    internal static StepFailedException NothingToReuse(string handler, ReusedFile reuse) =>
        new(ErrorClass.Permanent, $"{handler}: the job {reuse.Job} has left no file '{reuse.Path}' that could be taken, and nothing may be ordered instead.", NotThere);

    internal static StepFailedException Uncertain(string handler) => new(
        ErrorClass.Permanent,
        $"{handler}: this process or an earlier one ended while it ordered, so nobody knows whether the provider took the order, and it does not honour idempotency keys. "
        + "Look at the provider; if there is no order, recover the job from this step.",
        StartUnknown);
}
