/** Lines of a voice: `host` is Mira's, `guest` Tobias's, `other` that of any character that a user has made. */
export type Voice = 'host' | 'guest' | 'other';
export type Lines = Record<Voice, readonly string[]>;

/** What a question or a remark is about, by the words in it, and what each voice says to that. The first that fits counts. */
export const topics: readonly { about: RegExp; lines: Lines }[] = [
  {
    about: /\bhow (?:are|is it going|do you feel)\b|\byou (?:all right|alright|ok|okay)\b/i,
    lines: {
      host: ['Well enough. Tired, and glad of the company, though I would not say the second part twice.'],
      guest: ['Never better! Well. Once better, in the spring of the long herring. But well.'],
      other: ['Well, thank you. Better now that you are here.'],
    },
  },
  {
    about: /\btobias\b/i,
    lines: {
      host: [
        'Tobias talks so that no one hears him worry. He has good hands, and I would not keep this light without him.',
      ],
      guest: ['That would be me. I mend clocks and nets, and the odd promise, in the room below the lamp.'],
      other: ['Tobias? I know the name, and that he can mend a clock in the dark. You would have to ask him the rest.'],
    },
  },
  {
    about: /\bmira\b/i,
    lines: {
      host: ['I am Mira. I keep this light; nine winters now.'],
      guest: [
        'Mira? She sees everything and says a tenth of it. I would trust her with my boat, and I trust no one with my boat.',
      ],
      other: ['Mira keeps the light, that is all I can tell you. You would have to ask her the rest.'],
    },
  },
  {
    about: /\bwho are you\b|\byour name\b|\babout you(?:rself)?\b|\bwhat do you do\b/i,
    lines: {
      host: ['I keep the light at the end of the harbour wall. I watch the water, and whoever comes up those stairs.'],
      guest: ['I mend clocks and nets in the room below the lamp. Stories too, when they come to me broken.'],
      other: ['Someone who lives here, and has time for you this evening.'],
    },
  },
  {
    about: /\b(?:storm|weather|rain|wind|fog|thunder|clouds?)\b/i,
    lines: {
      host: ['The storm will be over us within the hour. The glass has been falling since noon.'],
      guest: ['It is a bad one. My knee said so on Tuesday, and this morning the gulls went inland.'],
      other: ['It is getting worse, by the look of the sky. I would not go out in it.'],
    },
  },
  {
    about: /\b(?:lamp|light|lighthouse|wick|oil|dark)\b/i,
    lines: {
      host: ['The lamp holds. I put in a new wick this morning, and I will sit up with it until it is day.'],
      guest: ['Forty pounds of brass and one stubborn keeper: the lamp will burn. It has burned through worse.'],
      other: ['There is light enough. Someone has always seen to that.'],
    },
  },
  {
    about: /\b(?:tea|coffee|drink|eat|hungry|food|supper|soup)\b/i,
    lines: {
      host: ['There is tea on the stove and bread in the tin. Take the cup without the crack.'],
      guest: ['Soup! Fish soup, mostly fish. I will fetch you a bowl, and you will tell me that it is good.'],
      other: ['There is something warm on the stove. Help yourself.'],
    },
  },
  {
    about: /\b(?:ferry|boat|ship|harbour|harbor|leave|sail)\b/i,
    lines: {
      host: ['The ferry runs again on Thursday, if the sea lets it. Until then you are our guest.'],
      guest: ['No boat leaves tonight, not mine and not the ferry. Thursday, if you are lucky.'],
      other: ['Not tonight. When the weather turns, there will be a way.'],
    },
  },
  {
    about: /\b(?:sleep|bed|stay|night|rest|room)\b/i,
    lines: {
      host: ['Stay the night. The bench by the stove is yours, and there are blankets in the chest.'],
      guest: ['You can sleep below, beside my clocks. They strike at different hours, but you get used to it.'],
      other: ['You can stay as long as you like. There is room.'],
    },
  },
  {
    about: /\b(?:afraid|scared|fear|worr(?:y|ied)|danger(?:ous)?|safe)\b/i,
    lines: {
      host: ['We are safe as long as the light burns. What frightens me is a night on which I fall asleep.'],
      guest: ['I am afraid of one thing only, and that is fog. The rest can be mended.'],
      other: ['A little, yes. But less than I was before you came.'],
    },
  },
  {
    about: /\b(?:story|tell (?:me|us)|happened|remember|past|years? ago)\b/i,
    lines: {
      host: [
        'The winter I came, a ship sat on the bar for two days. I rowed out nine of them. The tenth would not leave his dog, so I rowed out the dog.',
      ],
      guest: [
        'My grandfather wound the clock of the church for fifty years, and on the day he died it struck thirteen. People say twelve. People were not there.',
      ],
      other: [
        'There is one story that I tell only in bad weather. It begins with a knock at the door, much like yours.',
      ],
    },
  },
  {
    about: /\b(?:time|hour|late|clock|o'clock)\b/i,
    lines: {
      host: ['A little after six. I go by the tide, not by the clocks downstairs.'],
      guest: ['Six by the tall clock, ten past by the short one. I side with the tall one.'],
      other: ['Getting on for evening. There is time.'],
    },
  },
];

/** Answers to a question that no topic fits, by its first words. */
export const byQuestion: readonly { asks: RegExp; lines: readonly string[] }[] = [
  {
    asks: /\bwhy\b/i,
    lines: [
      'Because someone has to, and I happened to be here.',
      'Because the other way was tried, and it ended in the water.',
    ],
  },
  {
    asks: /\bwhere\b/i,
    lines: [
      'Not far: down the stairs, along the wall, as far as the old crane.',
      'Up here, mostly. The rest of the island is stone and sheep.',
    ],
  },
  {
    asks: /\bwhen\b/i,
    lines: ['Before the week is out, I would say.', 'When the tide turns, which is a little after midnight.'],
  },
  {
    asks: /\bwho\b/i,
    lines: [
      'Someone from the village; you will meet them when the weather allows it.',
      'Only the three of us tonight, as far as I know.',
    ],
  },
  {
    asks: /\bhow (?:many|much|long|far|old)\b/i,
    lines: ['More than I can count on both hands. Say a dozen.', 'About as long as it takes to boil a kettle twice.'],
  },
  {
    asks: /\bhow\b/i,
    lines: [
      'Slowly, and with dry hands. I can show you.',
      'The way it has always been done here: together, and before dark.',
    ],
  },
  {
    asks: /\bwhat\b/i,
    lines: [
      'Something that was left here before my time. I never had the heart to throw it out.',
      'Honestly? The thing that we both came up here to look at.',
    ],
  },
  {
    asks: /\bwhich\b/i,
    lines: ['The smaller one. It is the one that lasts.', 'The left. The right one sticks when it is damp.'],
  },
  {
    asks: /^(?:can|could|may|shall|should|will|would)\b/i,
    lines: ['Yes, gladly. Tell me when you are ready.', 'Yes, but not before the worst of the weather is over.'],
  },
  {
    asks: /./,
    lines: [
      'Yes. I was sure of it when you came up the stairs.',
      'No, I do not think so, though I have been wrong on a night like this before.',
    ],
  },
];

export const greetings = {
  said: /^\W*(?:hello|hi|hey|good (?:morning|day|afternoon|evening)|greetings)\b/i,
  lines: [
    'Good evening. Shut the door behind you, the draught gets at everything.',
    'Good evening, and welcome. You are wet through; come to the stove.',
  ],
};
export const thanks = {
  said: /\b(?:thanks|thank you)\b/i,
  lines: ['You are welcome. It was little enough.', 'There is nothing to thank me for, not in this weather.'],
};

/** What is said to a remark that is no question and has no topic. */
export const reactions = [
  'I had not thought of it in that way. Give me a moment with it.',
  'Good. Then we are of one mind about that.',
  'That is more than most people say in a whole evening here.',
  'I believe you. And I was not going to, when I heard you on the stairs.',
  'Then that is settled, and the rest can wait until it is light.',
  'You put that well. I would only have shrugged.',
  'Hm. There is more to that than you let on.',
  'I am glad that you tell me, and that you tell me now.',
];

export const actions = [
  '*looks up from the map on the table and smiles.*',
  '*sets the lantern down, and the light climbs the wall.*',
  '*leans against the window frame; outside, the rain is getting louder.*',
  '*pours two cups without asking, and slides one across.*',
  '*is quiet for a moment, turning a brass key between two fingers.*',
  '*laughs, and closes the book on a finger to keep the page.*',
  '*wipes both hands on a cloth and comes closer.*',
  '*listens to the wind for a breath before answering.*',
];

export const endings = [
  'Below us the tide is coming in; you can hear it drag its stones.',
  'Somewhere behind the stove the cat disagrees with the clock.',
  'The last ferry left its wake in the harbour, and then nothing else came.',
  'I keep a list of things I was certain of. It gets shorter every winter.',
  'There was a door in the old harbour wall once, and I still look for it.',
  'The window has begun to sing, as it does before the worst of it.',
  'A gull walks along the sill as if it paid rent.',
  'The kettle is about to say something too.',
];

/** Asked back where the user asked nothing. */
export const returns = [
  'What brought you here, of all places?',
  'And you: what do you hear when it gets this quiet?',
  'What would you do first, in my place?',
  'Shall we go up and look?',
];

/** What a character says that cuts in. */
export const interjections: Lines = {
  host: ['If I may: it was otherwise, but not by much. Go on.', 'Do not believe all of that. Half will do.'],
  guest: [
    'Ha! And the best part was left out, which is the part with me in it.',
    'I heard that. And I heard it told better, by myself.',
  ],
  other: ['May I say something? I was there, and I saw it too.', 'Not quite. But nearly.'],
};
