namespace Dispatcher.Store;

/// <summary>What the nodes of a cluster share of their stages: places of the cap, and slots of time for starts. docs/admission.md has the protocol.</summary>
public interface IAdmissionStore
{
    /// <summary>
    /// Keeps places of a stage, gives others back, and takes free ones if more are needed. Numbered effects:
    /// 1. the places held by all nodes grow only by free ones, and by work outside that this node has taken over;
    /// 2. those of a dead node are free when its last sign of life is older than <see cref="PlacesRequest.Lasts"/> of its own requests;
    /// 3. a request with a lower number than an earlier one of this node changes nothing.
    /// </summary>
    /// <returns>Null when the request does not count: it was overtaken, or this node is not alive any more.</returns>
    /// <exception cref="StoreException">It is not known whether it took effect. The next request says what holds.</exception>
    ValueTask<PlacesHeld?> SharePlaces(PlacesRequest request);

    /// <summary>Reserves slots for the next starts of a stage: at least one, the others only if they come within <see cref="SlotsRequest.Ahead"/>.</summary>
    /// <returns>How long after the answer each slot is, in order; null when this node is not alive any more.</returns>
    /// <exception cref="StoreException">Slots may have been reserved all the same; they pass unused.</exception>
    ValueTask<IReadOnlyList<TimeSpan>?> ReserveSlots(SlotsRequest request);
}

/// <summary>A node says what it has of a stage and what it needs.</summary>
public sealed record PlacesRequest
{
    public required string Stage { get; init; }

    /// <summary>Grows with each request of this node for this stage.</summary>
    public required long Number { get; init; }

    /// <summary>How long after a sign of life the node's steps may still run; its places are free no sooner if it dies.</summary>
    public required TimeSpan Lasts { get; init; }

    /// <summary>The cap of the whole stage as this node knows it.</summary>
    public required int Cap { get; init; }

    /// <summary>Places that it keeps, of those that it was granted.</summary>
    public required int Keep { get; init; }

    /// <summary>Steps that run; more than it keeps only if work outside was taken over.</summary>
    public required int Running { get; init; }

    /// <summary>Steps that run or could run, at most the cap.</summary>
    public required int Need { get; init; }
}

/// <param name="Held">Places that the node holds now.</param>
/// <param name="Fair">What it may keep while others need more than they hold.</param>
/// <param name="OthersShort">Whether others do.</param>
public sealed record PlacesHeld(int Held, int Fair, bool OthersShort);

/// <param name="Count">Slots that are wanted, at least 1.</param>
/// <param name="StartDelay">The least time between two slots.</param>
/// <param name="TokenInterval">The time in which the token bucket gets one token; zero: no bucket.</param>
/// <param name="Burst">Tokens of a full bucket.</param>
/// <param name="Ahead">How far ahead slots after the first may be.</param>
public sealed record SlotsRequest(string Stage, int Count, TimeSpan StartDelay, TimeSpan TokenInterval, int Burst, TimeSpan Ahead);
