using Gemma4.Unity;
using UnityEngine;

/// <summary>
/// Asks its character a question when the scene begins, and shows the answer above its head as it is made.
/// </summary>
[RequireComponent(typeof(Gemma4Character))]
public sealed class Villager : MonoBehaviour
{
    [Tooltip("What the player says.")]
    public string question = "What is the capital of France?";

    [Tooltip("Shows the answer.")]
    public TextMesh bubble;

    private void Start()
    {
        var character = GetComponent<Gemma4Character>();
        character.onToken.AddListener(text => bubble.text += text);
        character.onFailed.AddListener(message => bubble.text = message);
        character.Say(question);
    }
}
