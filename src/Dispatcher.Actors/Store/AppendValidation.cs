namespace Dispatcher.Store;

/// <summary>Mistakes of a caller, refused before anything is queued, by every store alike.</summary>
internal static class AppendValidation
{
    /// <exception cref="ArgumentException">No event, a negative number, a claim twice, or another job's row.</exception>
    public static void Validate(AppendRequest request)
    {
        if (request.Events.Count == 0 && request.ConsumedMessages.Count == 0) throw new ArgumentException("An append has at least one event.", nameof(request));
        ArgumentOutOfRangeException.ThrowIfNegative(request.ExpectedSequenceNr, nameof(request));
        if (request.Row is { } row && row.Id != request.JobId) throw new ArgumentException("The row is another job's.", nameof(request));
        for (var i = 1; i < request.Claims.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (request.Claims[i] == request.Claims[j])
                    throw new ArgumentException($"The claim {request.Claims[i]} is there twice.", nameof(request));
            }
        }
    }
}
